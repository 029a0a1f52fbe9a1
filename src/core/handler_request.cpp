#include "core/handler_request.hpp"

#include <algorithm>
#include <functional>
#include <span>

#include "protocol/json_scanner.hpp"
#include "protocol/text.hpp"

namespace eventsd::core {
namespace {

using protocol::JsonScanner;
using protocol::JsonString;

// The string members of an authorization object.
HeaderList members_of(const std::string& object) {
  HeaderList members;
  JsonScanner scanner(object);
  if (scanner.peek() != '{') return members;
  scanner.read_object([&](std::string_view name) {
    std::string key = protocol::in_lower_case(name);
    if (scanner.peek() != '"') return scanner.skip_value();
    JsonString value;
    if (!scanner.read_string(value)) return false;
    if (value.has_text) members.emplace_back(std::move(key), protocol::decode_json_string(value));
    return true;
  });
  return members;
}

bool has(std::span<const HeaderList::value_type> headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return header.first == name; });
}

// Of the connection and nobody's business: one of them carries credentials.
bool is_of_handshake(std::string_view name) {
  return name.starts_with("sec-websocket-") || name == "connection" || name == "upgrade";
}

// The value of a credential, and the part of it that stands behind the scheme.
void add_secret(std::vector<std::string>& secrets, const std::string& value) {
  if (value.empty()) return;
  secrets.push_back(value);
  const std::size_t space = value.find(' ');
  if (space != std::string::npos) secrets.push_back(value.substr(space + 1));
  constexpr std::string_view signature = "Signature=";
  const std::size_t at = value.find(signature);
  if (at != std::string::npos) secrets.push_back(value.substr(at + signature.size()));
}

std::vector<std::string> secrets_of(const Credentials& credentials, const HeaderList& headers) {
  std::vector<std::string> secrets;
  add_secret(secrets, credentials.api_key);
  add_secret(secrets, credentials.authorization);
  for (const auto& [name, value] : headers) {
    if (name == "authorization" || name == "x-api-key" || name == "x-amz-security-token" ||
        name == "cookie") {
      add_secret(secrets, value);
    }
  }
  // The longest first: a part must not break up the whole.
  std::ranges::sort(secrets, std::greater{}, &std::string::size);
  return secrets;
}

}  // namespace

HandlerRequest make_handler_request(const Api& api, Operation operation,
                                    const std::string& namespace_name, const std::string& channel,
                                    const Caller& caller) {
  HandlerRequest request;
  request.operation = operation;
  request.namespace_name = namespace_name;
  request.channel = channel;
  request.request_id = caller.request_id;
  HeaderList headers = members_of(caller.credentials.object);
  const std::size_t of_message = headers.size();
  if (caller.headers) {
    for (const auto& [name, value] : *caller.headers) {
      if (is_of_handshake(name) || has({headers.data(), of_message}, name)) continue;
      headers.emplace_back(name, value);
    }
  }
  request.secrets = secrets_of(caller.credentials, headers);
  const auto host = std::ranges::find(headers, "host", &HeaderList::value_type::first);
  if (host != headers.end()) {
    const std::string name = host_name(host->second);
    const bool own = std::ranges::find(api.domains, name) != api.domains.end();
    if (own) request.domain_name = name;
  }
  request.headers = std::move(headers);
  return request;
}

}  // namespace eventsd::core
