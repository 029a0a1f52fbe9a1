#include "auth/lambda_event.hpp"

#include <openssl/sha.h>

#include <map>
#include <nlohmann/json.hpp>

#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

using nlohmann::json;

// In the order of Operation.
constexpr std::array<std::string_view, 3> kOperations = {"EVENT_CONNECT", "EVENT_PUBLISH",
                                                         "EVENT_SUBSCRIBE"};

json headers_of(const Credentials& credentials) {
  std::map<std::string, std::string> headers;
  const auto add = [&headers](std::string name, const std::string& value) {
    if (name == "cookie") return;
    const auto [place, is_new] = headers.emplace(std::move(name), value);
    if (!is_new) place->second += ", " + value;
  };
  if (credentials.http) {
    for (const auto& [name, value] : credentials.http->headers) add(name, value);
    return headers;
  }
  const json object = json::parse(credentials.object, nullptr, false);
  if (object.is_object()) {
    for (const auto& [name, value] : object.items()) {
      if (value.is_string())
        add(protocol::in_lower_case(name), value.get_ref<const std::string&>());
    }
  }
  return headers;
}

}  // namespace

std::string lambda_event(const LambdaEventSource& source, const AuthorizationRequest& request) {
  json context{{"apiId", source.api_id},
               {"accountId", source.account_id},
               {"requestId", request.request_id},
               {"operation", kOperations[static_cast<std::size_t>(request.operation)]},
               {"channelNamespaceName", nullptr},
               {"channel", nullptr}};
  if (request.operation != Operation::connect) {
    context["channelNamespaceName"] = request.namespace_name;
    context["channel"] = request.channel;
  }
  const json event{{"authorizationToken", request.credentials.authorization},
                   {"requestContext", std::move(context)},
                   {"requestHeaders", headers_of(request.credentials)}};
  // Headers may hold bytes that are not UTF-8.
  return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

Digest digest_of_text(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

Digest lambda_cache_key(std::uint64_t generation, const LambdaEventSource& source,
                        const AuthorizationRequest& request) {
  const std::string& token = request.credentials.authorization;
  std::string text;
  text.reserve(48 + source.api_id.size() + token.size() + request.channel.size());
  // The token last and the others' lengths in front, so that no two questions have one text.
  text += std::to_string(generation) + ' ' + std::to_string(static_cast<int>(request.operation)) +
          ' ' + std::to_string(source.api_id.size()) + ' ' +
          std::to_string(request.channel.size()) + ' ';
  text += source.api_id;
  if (request.operation != Operation::connect) text += request.channel;
  text += token;
  return digest_of_text(text);
}

}  // namespace eventsd::auth
