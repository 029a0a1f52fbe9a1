// What signed operations are made of.
#include "protocol/client_message.hpp"
#include "protocol/json_scanner.hpp"
#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::protocol {
HeaderList headers_of(const Credentials& credentials) {
  if (credentials.object.empty())
    return credentials.http ? credentials.http->headers : HeaderList{};
  HeaderList headers;
  JsonScanner scanner(credentials.object);
  // The object has been read once, so it is well-formed.
  scanner.read_object([&](std::string_view name) {
    if (scanner.peek() != '"') return scanner.skip_value();
    JsonString value;
    if (!scanner.read_string(value)) return false;
    headers.emplace_back(in_lower_case(name), decode_json_string(value));
    return true;
  });
  return headers;
}

std::string signed_subscribe_body(std::string_view channel) {
  std::string body = R"({"channel":)";
  append_json_string(body, channel);
  body += '}';
  return body;
}

std::string signed_publish_body(std::string_view channel, const std::vector<std::string>& events) {
  std::string body = R"({"channel":)";
  append_json_string(body, channel);
  body += R"(,"events":[)";
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) body += ',';
    append_json_string(body, events[i]);
  }
  body += "]}";
  return body;
}

}  // namespace eventsd::protocol
