#include "admin/api_keys.hpp"

#include <nlohmann/json.hpp>

#include "admin/json_response.hpp"

namespace eventsd::admin {
namespace {

using nlohmann::json;
using server::HttpRequest;
using server::HttpResponse;

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kKeptAfterExpiry = 60 * kDay;

HttpResponse refusal(const Error& error) {
  const ErrorInfo& info = error_info(error.kind);
  return control_plane_error(info.http_status, info.http_type, error_text(error));
}

json to_json(const ApiKeyRecord& key) {
  json body{{"id", key.id}, {"description", key.description}};
  if (key.expires) {
    body["expires"] = *key.expires;
    body["deletes"] = *key.expires + kKeptAfterExpiry;
  }
  return body;
}

// What Create and Update take.
struct KeyInput {
  std::optional<std::string> description;
  std::optional<std::int64_t> expires;
};

Result<KeyInput> parse_input(const std::string& body) {
  KeyInput input;
  if (body.empty()) return input;
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return fail(ErrorKind::bad_request, "The body must be a JSON object");
  if (const auto found = parsed.find("description"); found != parsed.end() && !found->is_null()) {
    if (!found->is_string() || found->get_ref<const std::string&>().size() > 300) {
      return fail(ErrorKind::bad_request, "description must be a string of at most 300 bytes");
    }
    input.description = *found;
  }
  if (const auto found = parsed.find("expires"); found != parsed.end() && !found->is_null()) {
    if (!found->is_number_integer()) {
      return fail(ErrorKind::bad_request, "expires must be a whole number of seconds since 1970");
    }
    input.expires = *found;
  }
  return input;
}

// AWS's rule: 1 to 365 days from now, rounded down to the hour.
std::optional<std::int64_t> valid_expiry(std::int64_t expires, std::int64_t now) {
  if (expires < now + kDay - kHour || expires > now + 365 * kDay) return std::nullopt;
  return expires - expires % kHour;
}

HttpResponse out_of_bounds() {
  return control_plane_error(
      400, "ApiKeyValidityOutOfBoundsException",
      "expires must be between 1 and 365 days from now (a key in the configuration "
      "file, api.apiKeys, may last longer or for ever)");
}

class ApiKeyEndpoint {
 public:
  ApiKeyEndpoint(ApiKeyDirectory& directory, std::int64_t (*now)())
      : directory_(directory), now_(now) {}

  HttpResponse list(HttpRequest& request) const {
    const auto keys = directory_.list(request.parameters[0]);
    if (!keys) return refusal(keys.error());
    json list = json::array();
    for (const ApiKeyRecord& key : *keys) list.push_back(to_json(key));
    return json_response({{"apiKeys", list}});
  }

  HttpResponse create(HttpRequest& request) {
    const auto input = parse_input(request.body);
    if (!input) return refusal(input.error());
    const auto existing = directory_.list(request.parameters[0]);
    if (!existing) return refusal(existing.error());
    if (existing->size() >= kMaxApiKeys) {
      return control_plane_error(400, "ApiKeyLimitExceededException",
                                 "An API may have at most 50 API keys: delete one first");
    }
    const auto expires = valid_expiry(input->expires.value_or(now_() + 7 * kDay), now_());
    if (!expires) return out_of_bounds();
    const auto key =
        directory_.create(request.parameters[0], input->description.value_or(""), *expires);
    if (!key) return refusal(key.error());
    return json_response({{"apiKey", to_json(*key)}});
  }

  HttpResponse update(HttpRequest& request) {
    const auto input = parse_input(request.body);
    if (!input) return refusal(input.error());
    std::optional<std::int64_t> expires;
    if (input->expires) {
      expires = valid_expiry(*input->expires, now_());
      if (!expires) return out_of_bounds();
    }
    const auto key = directory_.update(request.parameters[0], request.parameters[1],
                                       input->description, expires);
    if (!key) return refusal(key.error());
    return json_response({{"apiKey", to_json(*key)}});
  }

  HttpResponse remove(HttpRequest& request) {
    const auto removed = directory_.remove(request.parameters[0], request.parameters[1]);
    if (!removed) return refusal(removed.error());
    return json_response(json::object());
  }

 private:
  ApiKeyDirectory& directory_;
  std::int64_t (*now_)();
};

template <typename Method>
server::HttpFunction bind(std::shared_ptr<ApiKeyEndpoint> endpoint, Method method) {
  return [endpoint, method](HttpRequest& request) -> Task<HttpResponse> {
    return [](std::shared_ptr<ApiKeyEndpoint> self, Method call,
              HttpRequest& asked) -> Task<HttpResponse> {
      co_return ((*self).*call)(asked);
    }(endpoint, method, request);
  };
}

}  // namespace

std::vector<server::Route> api_key_routes(ApiKeyDirectory& directory, const OperationGuard& guard,
                                          std::int64_t (*now)()) {
  const auto endpoint = std::make_shared<ApiKeyEndpoint>(directory, now);
  const auto route = [&](std::string_view method, std::string_view path, std::string_view operation,
                         auto function) {
    return server::Route{method, path, guard(operation, bind(endpoint, function))};
  };
  return {
      route("GET", "/v1/apis/{apiId}/apikeys", "ListApiKeys", &ApiKeyEndpoint::list),
      route("POST", "/v1/apis/{apiId}/apikeys", "CreateApiKey", &ApiKeyEndpoint::create),
      route("POST", "/v1/apis/{apiId}/apikeys/{id}", "UpdateApiKey", &ApiKeyEndpoint::update),
      route("DELETE", "/v1/apis/{apiId}/apikeys/{id}", "DeleteApiKey", &ApiKeyEndpoint::remove),
  };
}

}  // namespace eventsd::admin
