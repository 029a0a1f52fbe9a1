#include "config/check_auth.hpp"

#include <algorithm>

#include "config/grammar.hpp"
#include "config/section_checker.hpp"

namespace eventsd::config {
namespace {

struct ProviderSection {
  AuthMode mode;
  std::string_view name;
};
constexpr ProviderSection kSections[] = {{AuthMode::cognito, "cognitoConfig"},
                                         {AuthMode::oidc, "openIDConnectConfig"},
                                         {AuthMode::lambda, "lambdaAuthorizerConfig"}};

class AuthChecker final : private SectionChecker {
 public:
  using SectionChecker::SectionChecker;

  void check() {
    check_functions();
    check_users();
    check_outbound();
    if (config_.dev_issuer && !is_loopback_address(config_.admin.listen)) {
      fault("devIssuer.enabled", "needs admin.listen on a loopback address; it makes tokens");
    }
    for (std::size_t i = 0; i < config_.apis.size(); ++i) {
      const std::string path = api_path(i);
      check_providers(config_.apis[i], path + ".authProviders");
    }
  }

 private:
  // What was refused by itself is not refused again.
  void fault(const std::string& path, const std::string& message) {
    if (!has_fault_at(path)) SectionChecker::fault(path, message);
  }

  void check_functions() {
    for (const LambdaFunctionConfig& function : config_.lambda_functions) {
      if (function.url.empty()) fault("lambda.functions." + function.name + ".url", "is missing");
    }
  }

  void check_users() {
    std::map<std::string, std::string> seen;
    for (std::size_t i = 0; i < config_.iam_users.size(); ++i) {
      IamUserConfig& user = config_.iam_users[i];
      const std::string path = "iam.users[" + std::to_string(i) + "]";
      if (user.access_key_id.empty()) fault(path + ".accessKeyId", "is missing");
      if (user.secret_access_key.empty()) fault(path + ".secretAccessKey", "is missing");
      const auto [first, is_new] = seen.emplace(user.access_key_id, path);
      if (!is_new) fault(path + ".accessKeyId", "is already used by " + first->second);
      if (user.user_name.empty()) user.user_name = user.access_key_id;
      if (user.policy.empty()) warn(path, "has no policy, so it may do nothing");
      for (std::size_t j = 0; j < user.policy.size(); ++j) {
        const PolicyStatementConfig& statement = user.policy[j];
        const std::string item = path + ".policy[" + std::to_string(j) + "]";
        if (statement.effect.empty()) fault(item + ".Effect", "is missing; Allow or Deny");
        if (statement.actions.empty()) fault(item + ".Action", "is missing");
        if (statement.resources.empty()) fault(item + ".Resource", "is missing");
      }
    }
  }

  void check_outbound() {
    const AwsCredentialsConfig& credentials = config_.outbound.credentials;
    if (credentials.access_key_id.empty() != credentials.secret_access_key.empty()) {
      fault("outbound.credentials", "needs accessKeyId and secretAccessKey, or neither");
    }
    if (config_.outbound.allow_link_local) {
      warn("outbound.allowLinkLocal", "this machine's cloud credentials can be read by requests");
    }
  }

  void check_providers(ApiConfig& api, const std::string& path) {
    std::map<std::string, std::string> issuers;
    std::string lambda;
    for (std::size_t i = 0; i < api.auth_providers.size(); ++i) {
      AuthProviderConfig& provider = api.auth_providers[i];
      const std::string item = path + "[" + std::to_string(i) + "]";
      for (const ProviderSection& section : kSections) {
        const std::string at = item + "." + std::string(section.name);
        if (has(at) && provider.mode != section.mode) {
          fault(at, "belongs to " + std::string(to_string(section.mode)) + ", not " +
                        std::string(to_string(provider.mode)));
        }
      }
      switch (provider.mode) {
        case AuthMode::cognito:
          complete_pool(provider.cognito, item + ".cognitoConfig");
          check_issuer_once(issuers, provider.cognito.issuer, item);
          break;
        case AuthMode::oidc:
          if (provider.open_id_connect.issuer.empty()) {
            fault(item + ".openIDConnectConfig.issuer", "is missing");
          } else {
            check_issuer_once(issuers, provider.open_id_connect.issuer, item);
          }
          break;
        case AuthMode::lambda:
          if (!lambda.empty())
            fault(item, "an API has one Lambda authorizer; " + lambda + " is it");
          lambda = item;
          check_function(provider.lambda.authorizer_uri,
                         item + ".lambdaAuthorizerConfig.authorizerUri");
          break;
        case AuthMode::iam:
          if (config_.iam_users.empty()) warn(item, "AWS_IAM without iam.users lets nobody in");
          break;
        case AuthMode::api_key:
          break;
      }
    }
  }

  void complete_pool(CognitoConfig& pool, const std::string& path) {
    if (pool.aws_region.empty()) pool.aws_region = config_.region;
    if (pool.user_pool_id.empty()) return fault(path + ".userPoolId", "is missing");
    if (!pool.issuer.empty()) return;
    for (const NamedAddress& known : config_.user_pools) {
      if (known.name == pool.user_pool_id) pool.issuer = known.address;
    }
    if (pool.issuer.empty()) {
      const std::string domain =
          pool.aws_region.starts_with("cn-") ? ".amazonaws.com.cn/" : ".amazonaws.com/";
      pool.issuer = "https://cognito-idp." + pool.aws_region + domain + pool.user_pool_id;
    }
  }

  void check_issuer_once(std::map<std::string, std::string>& seen, const std::string& issuer,
                         const std::string& path) {
    if (issuer.empty()) return;
    const auto [first, is_new] = seen.emplace(issuer, path);
    if (!is_new) fault(path, "the issuer " + issuer + " is already that of " + first->second);
  }

  void check_function(const std::string& uri, const std::string& path) {
    if (uri.empty()) return fault(path, "is missing");
    const bool known =
        std::ranges::any_of(config_.lambda_functions, [&](const LambdaFunctionConfig& function) {
          return function.name == uri ||
                 lambda_function_name(function.name) == lambda_function_name(uri);
        });
    if (!known) {
      fault(path, "no function of that name in lambda.functions; add \"" +
                      std::string(lambda_function_name(uri)) + ": {url: …}\" there");
    }
  }
};

}  // namespace

void check_auth(Bound& bound, std::vector<std::string>& warnings) {
  AuthChecker(bound, warnings).check();
}

}  // namespace eventsd::config
