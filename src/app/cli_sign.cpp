// eventsd sign
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "app/cli.hpp"
#include "app/cli_credentials.hpp"
#include "app/json_member.hpp"
#include "protocol/client_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBody = 8u << 20;  // more than any request may have

std::optional<std::string> read_input(int descriptor) {
  std::string text;
  std::string buffer(64 * 1024, '\0');
  while (text.size() <= kMaxBody) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

// The signature covers the operation as the server will write it anew, so any message will do that
// holds its channel and events.
Result<std::string> signed_body(SignedOperation operation, const std::string& body) {
  if (operation == SignedOperation::http) return body;
  if (operation == SignedOperation::connect) {
    const auto object = json::parse(body.empty() ? "{}" : body, nullptr, false);
    if (object.is_object() && object.empty()) return std::string("{}");
    return fail(ErrorKind::bad_request, "a connection's body is {} or left out");
  }
  const json message = json::parse(body, nullptr, /*allow_exceptions=*/false);
  const std::string channel = string_member(message, "channel");
  if (channel.empty()) {
    return fail(ErrorKind::bad_request, R"(BODY must be a message such as {"channel":"/default/x")"
                                        R"(,"events":["{\"a\":1}"]}, events for publish only)");
  }
  if (operation == SignedOperation::subscribe) return protocol::signed_subscribe_body(channel);
  const json* events = array_member(message, "events");
  std::vector<std::string> texts;
  for (const json& event : events == nullptr ? json::array() : *events) {
    if (event.is_string()) texts.push_back(event.get<std::string>());
  }
  if (texts.empty() || texts.size() != events->size()) {
    return fail(ErrorKind::bad_request,
                R"(BODY must have events, each a string of JSON: "events":["{\"a\":1}"])");
  }
  return protocol::signed_publish_body(channel, texts);
}

int fail_usage(const Console& console, const std::string& text) {
  console.err << "eventsd sign: " << text << "\n";
  return kWrongUsage;
}

void print_headers(const net::HttpHeaders& headers, Output output, std::ostream& out) {
  if (output == Output::json) {
    json object = json::object();
    for (const auto& [name, value] : headers) object[name] = value;
    out << object.dump() << std::endl;
    return;
  }
  for (const auto& [name, value] : headers) out << name << ": " << value << "\n";
  out.flush();
}

}  // namespace

int run_sign(const SignOptions& options, const Console& console) {
  EndpointOptions wanted = options.endpoint;
  wanted.iam.enabled = true;
  const auto endpoint = find_endpoint(wanted, process_environment());
  if (!endpoint) return fail_usage(console, endpoint.error().message);
  std::string body = options.body;
  if (body == "-") {
    const auto input = read_input(console.in);
    if (!input) return fail_usage(console, "cannot read the body, or it is over 8 MiB");
    body = *input;
  }
  if (options.as_subprotocol && options.operation != SignedOperation::connect) {
    return fail_usage(console, "--subprotocol is for --operation connect");
  }
  if (options.operation == SignedOperation::http && options.body.empty()) {
    return fail_usage(console, "give the body that will be sent, or - to read it from the input");
  }
  const auto covered = signed_body(options.operation, body);
  if (!covered) return fail_usage(console, covered.error().message);
  if (options.operation == SignedOperation::http) {
    const net::HttpRequest request{"POST", endpoint->publish, {}, *covered};
    print_headers(endpoint->credentials->headers(request), options.output, console.out);
    return kDone;
  }
  const std::string object = endpoint->credentials->authorization(*covered);
  console.out << (options.as_subprotocol ? "header-" + protocol::base64url_encode(object) : object)
              << std::endl;
  return kDone;
}

}  // namespace eventsd::app
