#include "admin/configured_apis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "admin/json_response.hpp"

namespace eventsd::admin {
namespace {

using nlohmann::json;
using server::HttpRequest;
using server::HttpResponse;

json to_json(AuthModes modes) {
  json list = json::array();
  for (const std::string_view name : kAuthModeNames) {
    if (modes.contains(*parse_auth_mode(name))) list.push_back({{"authType", name}});
  }
  return list;
}

// What was left empty is absent, as in AWS's answers.
void add(json& to, const char* name, const std::string& value) {
  if (!value.empty()) to[name] = value;
}

// Without OpenIdConnectConfig::secret, which nobody can read back.
json to_json(const AuthProviderConfig& provider) {
  json out{{"authType", to_string(provider.mode)}};
  if (provider.mode == AuthMode::cognito) {
    json& config = out["cognitoConfig"];
    config = {{"userPoolId", provider.cognito.user_pool_id},
              {"awsRegion", provider.cognito.aws_region}};
    add(config, "appIdClientRegex", provider.cognito.app_id_client_regex);
  } else if (provider.mode == AuthMode::oidc) {
    json& config = out["openIDConnectConfig"];
    config = {{"issuer", provider.open_id_connect.issuer},
              {"iatTTL", provider.open_id_connect.iat_ttl},
              {"authTTL", provider.open_id_connect.auth_ttl}};
    add(config, "clientId", provider.open_id_connect.client_id);
  } else if (provider.mode == AuthMode::lambda) {
    json& config = out["lambdaAuthorizerConfig"];
    config = {{"authorizerUri", provider.lambda.authorizer_uri},
              {"authorizerResultTtlInSeconds", provider.lambda.result_ttl}};
    add(config, "identityValidationExpression", provider.lambda.identity_validation_expression);
  }
  return out;
}

json to_json(const HandlerConfig& handler) {
  json out{{"behavior", handler.behavior == HandlerBehavior::direct ? "DIRECT" : "CODE"},
           {"integration", {{"dataSourceName", handler.data_source_name}}}};
  if (handler.behavior == HandlerBehavior::direct) {
    out["integration"]["lambdaConfig"]["invokeType"] =
        handler.invoke_type == InvokeType::event ? "EVENT" : "REQUEST_RESPONSE";
  }
  return out;
}

// Whose definition it is, and where to change it.
HttpResponse refuse_change(const std::string& subject, const SourcePlace& place) {
  const std::string where =
      place.file.empty()
          ? "was made at the first start; define it in a configuration file "
            "(api, apis) to change it"
          : fmt::format("is defined in {}:{}; change it there and reload", place.file, place.line);
  return control_plane_error(409, "ConflictException", fmt::format("{} {}", subject, where));
}

HttpResponse missing(const std::string& subject) {
  return control_plane_error(404, "NotFoundException", subject + " does not exist");
}

class ConfiguredApiEndpoint {
 public:
  explicit ConfiguredApiEndpoint(ConfiguredApis apis) : apis_(std::move(apis)) {}

  HttpResponse list(const HttpRequest&) const {
    const ConfigPtr config = apis_.config();
    json all = json::array();
    for (const ApiConfig& api : config->apis) all.push_back(to_json(*config, api));
    return json_response({{"apis", all}});
  }

  HttpResponse get(const HttpRequest& request) const {
    return on_api(request, [&](const Config& config, const ApiConfig& api) {
      return json_response({{"api", to_json(config, api)}});
    });
  }

  HttpResponse change(const HttpRequest& request) const {
    return on_api(request, [](const Config&, const ApiConfig& api) {
      return refuse_change("API " + api.id, api.place);
    });
  }

  HttpResponse list_namespaces(const HttpRequest& request) const {
    return on_api(request, [](const Config& config, const ApiConfig& api) {
      json all = json::array();
      for (const ChannelNamespace& one : api.channel_namespaces) {
        all.push_back(to_json(config, api, one));
      }
      return json_response({{"channelNamespaces", all}});
    });
  }

  HttpResponse get_namespace(const HttpRequest& request) const {
    return on_namespace(
        request, [](const Config& config, const ApiConfig& api, const ChannelNamespace& one) {
          return json_response({{"channelNamespace", to_json(config, api, one)}});
        });
  }

  HttpResponse change_namespace(const HttpRequest& request) const {
    return on_namespace(request,
                        [](const Config&, const ApiConfig& api, const ChannelNamespace& one) {
                          return refuse_change("Channel namespace " + one.name, api.place);
                        });
  }

 private:
  template <typename Show>
  HttpResponse on_api(const HttpRequest& request, Show show) const {
    const ConfigPtr config = apis_.config();
    const auto found =
        std::find_if(config->apis.begin(), config->apis.end(),
                     [&](const ApiConfig& api) { return api.id == request.parameters[0]; });
    if (found == config->apis.end()) return missing("API " + request.parameters[0]);
    return show(*config, *found);
  }

  template <typename Show>
  HttpResponse on_namespace(const HttpRequest& request, Show show) const {
    return on_api(request, [&](const Config& config, const ApiConfig& api) {
      const auto& all = api.channel_namespaces;
      const auto found = std::find_if(all.begin(), all.end(), [&](const ChannelNamespace& one) {
        return one.name == request.parameters[1];
      });
      if (found == all.end()) return missing("Channel namespace " + request.parameters[1]);
      return show(config, api, *found);
    });
  }

  static std::string arn_of(const Config& config, const ApiConfig& api) {
    return fmt::format("arn:aws:appsync:{}:{}:apis/{}", config.region, config.account_id, api.id);
  }

  json to_json(const Config& config, const ApiConfig& api) const {
    const std::string host = api.domains.empty() ? apis_.host() : api.domains.front();
    json providers = json::array();
    for (const AuthProviderConfig& provider : api.auth_providers) {
      providers.push_back(admin::to_json(provider));
    }
    return {{"apiId", api.id},
            {"name", api.name},
            {"apiArn", arn_of(config, api)},
            {"dns", {{"HTTP", host}, {"REALTIME", host}}},
            {"tags", json::object()},
            {"xrayEnabled", false},
            {"eventConfig",
             {{"authProviders", providers},
              {"connectionAuthModes", admin::to_json(api.connection_modes)},
              {"defaultPublishAuthModes", admin::to_json(api.default_publish_modes)},
              {"defaultSubscribeAuthModes", admin::to_json(api.default_subscribe_modes)}}}};
  }

  static json to_json(const Config& config, const ApiConfig& api, const ChannelNamespace& one) {
    json out{{"apiId", api.id},
             {"name", one.name},
             {"channelNamespaceArn",
              fmt::format("{}/channelNamespace/{}", arn_of(config, api), one.name)},
             {"publishAuthModes", admin::to_json(one.publish_modes)},
             {"subscribeAuthModes", admin::to_json(one.subscribe_modes)},
             {"tags", json::object()}};
    const HandlersConfig& handlers = one.handlers;
    if (handlers.on_publish) {
      out["handlerConfigs"]["onPublish"] = admin::to_json(*handlers.on_publish);
    }
    if (handlers.on_subscribe) {
      out["handlerConfigs"]["onSubscribe"] = admin::to_json(*handlers.on_subscribe);
    }
    return out;
  }

  const ConfiguredApis apis_;
};

using Show = HttpResponse (ConfiguredApiEndpoint::*)(const HttpRequest&) const;

server::HttpFunction bind(std::shared_ptr<const ConfiguredApiEndpoint> endpoint, Show show) {
  return [endpoint, show](HttpRequest& request) -> Task<HttpResponse> {
    return [](std::shared_ptr<const ConfiguredApiEndpoint> self, Show call,
              const HttpRequest& asked) -> Task<HttpResponse> {
      co_return ((*self).*call)(asked);
    }(endpoint, show, request);
  };
}

}  // namespace

std::vector<server::Route> configured_api_routes(ConfiguredApis apis, const OperationGuard& guard) {
  const auto endpoint = std::make_shared<const ConfiguredApiEndpoint>(std::move(apis));
  const auto route = [&](std::string_view method, std::string_view path, std::string_view operation,
                         Show show) {
    return server::Route{method, path, guard(operation, bind(endpoint, show))};
  };
  using Endpoint = ConfiguredApiEndpoint;
  constexpr std::string_view api = "/v2/apis/{apiId}";
  constexpr std::string_view namespaces = "/v2/apis/{apiId}/channelNamespaces";
  constexpr std::string_view one = "/v2/apis/{apiId}/channelNamespaces/{name}";
  return {
      route("GET", "/v2/apis", "ListApis", &Endpoint::list),
      route("GET", api, "GetApi", &Endpoint::get),
      route("POST", api, "UpdateApi", &Endpoint::change),
      route("DELETE", api, "DeleteApi", &Endpoint::change),
      route("GET", namespaces, "ListChannelNamespaces", &Endpoint::list_namespaces),
      route("GET", one, "GetChannelNamespace", &Endpoint::get_namespace),
      route("POST", one, "UpdateChannelNamespace", &Endpoint::change_namespace),
      route("DELETE", one, "DeleteChannelNamespace", &Endpoint::change_namespace),
  };
}

}  // namespace eventsd::admin
