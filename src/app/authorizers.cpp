#include "app/authorizers.hpp"

#include "auth/cognito.hpp"
#include "auth/iam.hpp"
#include "auth/oidc.hpp"
#include "net/sigv4.hpp"

namespace eventsd::app {
namespace {

// The texts that something is made from, as one: equal only when all are.
class Origin {
 public:
  Origin& add(std::string_view text) {
    text_ += std::to_string(text.size());
    text_ += ':';
    text_ += text;
    return *this;
  }
  Origin& add(std::uint64_t number) { return add(std::string_view(std::to_string(number))); }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

std::string origin_of(const std::vector<IamUserConfig>& users, const std::string& account_id) {
  Origin origin;
  origin.add(account_id);
  for (const IamUserConfig& user : users) {
    origin.add(user.access_key_id).add(user.secret_access_key).add(user.session_token);
    origin.add(user.user_name).add(user.policy.size());
    for (const PolicyStatementConfig& statement : user.policy) {
      origin.add(statement.effect).add(statement.actions.size());
      for (const std::string& action : statement.actions) origin.add(action);
      for (const std::string& resource : statement.resources) origin.add(resource);
    }
  }
  return origin.text();
}

template <typename T>
std::vector<T> providers_of(const ApiConfig& api, AuthMode mode, T AuthProviderConfig::* section) {
  std::vector<T> found;
  for (const AuthProviderConfig& provider : api.auth_providers) {
    if (provider.mode == mode) found.push_back(provider.*section);
  }
  return found;
}

}  // namespace

net::ConnectOptions connect_options(const OutboundConfig& outbound) {
  net::ConnectOptions options;
  options.allow_link_local = outbound.allow_link_local;
  options.ca_file = outbound.ca_file;
  return options;
}

Result<void> Authorizers::begin(const Config& config) {
  ++round_;
  thread_.keys().set_connect(connect_options(config.outbound));
  std::string origin = origin_of(config.iam_users, config.account_id);
  if (iam_users_ && origin == iam_made_from_) return {};
  auto users = auth::make_iam_users(config.iam_users, config.account_id);
  if (!users) return users.error();
  iam_users_ = std::move(*users);
  iam_made_from_ = std::move(origin);
  return {};
}

Result<void> Authorizers::put(core::Api& api, AuthMode mode, std::string made_from,
                              const std::function<Made()>& make) {
  Known& known = known_[{api.id, mode}];
  if (!known.authorizer || known.made_from != made_from) {
    Made made = make();
    if (!made) {
      return fail(made.error().kind, std::string(to_string(mode)) + " of API \"" + api.name +
                                         "\": " + made.error().message);
    }
    known = {std::move(made_from), std::move(*made)};
  }
  known.round = round_;
  api.authorizers[static_cast<std::size_t>(mode)] = known.authorizer;
  return {};
}

Result<void> Authorizers::equip(core::Api& api, const ApiConfig& from, const Config& config,
                                std::vector<auth::ApiKey> keys) {
  api.watch = watch_;
  for (const AuthProviderConfig& provider : from.auth_providers) {
    const AuthMode mode = provider.mode;
    if (api.authorizers[static_cast<std::size_t>(mode)]) continue;  // the first has made it for all
    Origin origin;
    Result<void> done;
    switch (mode) {
      case AuthMode::api_key:
        api.authorizers[static_cast<std::size_t>(mode)] =
            auth::make_api_key_authorizer(std::move(keys));
        break;
      case AuthMode::iam:
        origin.add(iam_made_from_).add(config.region);
        done = put(api, mode, origin.text(), [&]() -> Made {
          return auth::make_iam_authorizer(iam_users_, {config.region, config.account_id, api.id});
        });
        break;
      case AuthMode::cognito: {
        const auto pools = providers_of(from, mode, &AuthProviderConfig::cognito);
        for (const CognitoConfig& pool : pools) {
          origin.add(pool.user_pool_id).add(pool.aws_region).add(pool.app_id_client_regex);
          origin.add(auth::cognito_issuer(pool, config.user_pools));
        }
        done = put(api, mode, origin.text(), [&] {
          return auth::make_cognito_authorizer(pools, config.user_pools, thread_.keys(), {},
                                               &std::chrono::system_clock::now,
                                               thread_.verifications());
        });
        break;
      }
      case AuthMode::oidc: {
        const auto issuers = providers_of(from, mode, &AuthProviderConfig::open_id_connect);
        for (const OpenIdConnectConfig& issuer : issuers) {
          origin.add(issuer.issuer).add(issuer.client_id).add(issuer.secret);
          origin.add(issuer.iat_ttl).add(issuer.auth_ttl);
        }
        done = put(api, mode, origin.text(), [&] {
          return auth::make_oidc_authorizer(issuers, thread_.keys(), {},
                                            &std::chrono::system_clock::now,
                                            thread_.verifications());
        });
        break;
      }
      case AuthMode::lambda: {
        const LambdaAuthorizerConfig& lambda = provider.lambda;
        origin.add(lambda.authorizer_uri).add(lambda.result_ttl);
        origin.add(lambda.identity_validation_expression).add(config.account_id);
        origin.add(config.region).add(config.outbound.ca_file);
        origin.add(config.outbound.allow_link_local ? 1 : 0);
        origin.add(config.outbound.credentials.access_key_id);
        origin.add(config.outbound.credentials.secret_access_key);
        origin.add(config.outbound.credentials.session_token);
        for (const LambdaFunctionConfig& function : config.lambda_functions) {
          origin.add(function.name).add(function.url);
        }
        done = put(api, mode, origin.text(), [&] { return make_lambda(api.id, lambda, config); });
        break;
      }
    }
    if (!done) return done.error();
  }
  return {};
}

Authorizers::Made Authorizers::make_lambda(const std::string& api_id,
                                           const LambdaAuthorizerConfig& from,
                                           const Config& config) {
  const auto function = net::find_lambda_function(config.lambda_functions, from.authorizer_uri);
  if (!function) return function.error();
  auto pattern =
      auth::Pattern::compile(from.identity_validation_expression, auth::Pattern::Match::part);
  if (!pattern) {
    return fail(ErrorKind::bad_request, "identityValidationExpression: " + pattern.error().message);
  }
  auth::LambdaAuthorizerOptions options;
  options.source = {api_id, config.account_id};
  options.function = *function;
  options.result_ttl = std::chrono::seconds(from.result_ttl);
  options.token_pattern = std::move(*pattern);
  options.http.connect = connect_options(config.outbound);
  if (function->url.is_tls()) {
    auto trust = net::load_client_tls_context(config.outbound.ca_file);
    if (!trust) return fail(ErrorKind::bad_request, "outbound.caFile: " + trust.error().message);
    options.http.connect.trust = std::move(*trust);
  }
  if (!config.outbound.credentials.empty()) {
    const net::SigV4Signer signer{config.outbound.credentials,
                                  function->region.empty() ? config.region : function->region,
                                  "lambda"};
    options.sign = [signer](net::HttpRequest& request) {
      net::sign_request(request, signer, std::chrono::system_clock::now());
    };
  }
  auto made = auth::make_lambda_authorizer(std::move(options), thread_.lambda_environment());
  std::erase_if(lambdas_, [](const auto& one) { return one.expired(); });
  lambdas_.push_back(made);
  return std::shared_ptr<Authorizer>(std::move(made));
}

void Authorizers::end() {
  std::erase_if(known_, [this](const auto& entry) { return entry.second.round != round_; });
}

void Authorizers::close() {
  for (const auto& one : lambdas_) {
    if (const auto lambda = one.lock()) lambda->close();
  }
}

}  // namespace eventsd::app
