// The options of authorization, and of the requests that it makes.
// Texts here are the documentation: config/eventsd.yaml is made of them.
#include "config/grammar.hpp"
#include "config/options.hpp"

namespace eventsd::config {
namespace {

template <auto... Members>
Field in_config(const Scope& s) {
  return &(*s.config.*....*Members);
}
template <auto... Members>
Field in_provider(const Scope& s) {
  return &(*s.provider.*....*Members);
}
template <auto Member>
Field in_user(const Scope& s) {
  return &(s.iam_user->*Member);
}
template <auto Member>
Field in_statement(const Scope& s) {
  return &(s.statement->*Member);
}
template <auto Member>
Field in_function(const Scope& s) {
  return &(s.lambda_function->*Member);
}

template <AuthMode kMode>
void only_of(const Scope& s, const Visitor& visit) {
  if (s.provider->mode == kMode) visit(s);
}

Scope enter_function(Scope s) {
  s.lambda_function = &s.config->lambda_functions.emplace_back();
  s.place = &s.lambda_function->place;
  s.name = &s.lambda_function->name;
  return s;
}
void each_function(const Scope& s, const Visitor& visit) {
  for (LambdaFunctionConfig& function : s.config->lambda_functions) {
    Scope inner = s;
    inner.lambda_function = &function;
    inner.name = &function.name;
    visit(inner);
  }
}
void any_function(const Scope& s, const Visitor& visit) {
  if (!s.config->lambda_functions.empty()) visit(s);
}
Scope enter_user(Scope s) {
  s.iam_user = &s.config->iam_users.emplace_back();
  s.place = &s.iam_user->place;
  return s;
}
void each_user(const Scope& s, const Visitor& visit) {
  for (IamUserConfig& user : s.config->iam_users) {
    Scope inner = s;
    inner.iam_user = &user;
    visit(inner);
  }
}
void any_user(const Scope& s, const Visitor& visit) {
  if (!s.config->iam_users.empty()) visit(s);
}
Scope enter_statement(Scope s) {
  s.statement = &s.iam_user->policy.emplace_back();
  s.place = &s.statement->place;
  return s;
}
void each_statement(const Scope& s, const Visitor& visit) {
  for (PolicyStatementConfig& statement : s.iam_user->policy) {
    Scope inner = s;
    inner.statement = &statement;
    visit(inner);
  }
}

constexpr Option kOptions[] = {
    {.path = "api.authProviders.cognitoConfig",
     .doc = "Of AMAZON_COGNITO_USER_POOLS. Several pools: several providers.",
     .each = only_of<AuthMode::cognito>,
     .alternative = true},
    {.path = "api.authProviders.cognitoConfig.userPoolId",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::cognito, &CognitoConfig::user_pool_id>,
     .doc = "The pool's id.",
     .example = "us-east-1_abc"},
    {.path = "api.authProviders.cognitoConfig.awsRegion",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::cognito, &CognitoConfig::aws_region>,
     .doc = "The pool's region. Default: region.",
     .example = "us-east-1",
     .check = check_region},
    {.path = "api.authProviders.cognitoConfig.appIdClientRegex",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::cognito, &CognitoConfig::app_id_client_regex>,
     .doc = "Regular expression that must match the whole of a token's client id. Default: any "
            "client.",
     .example = "\"\"",
     .check = check_regex},
    {.path = "api.authProviders.cognitoConfig.issuer",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::cognito, &CognitoConfig::issuer>,
     .doc = "Where the pool lives, when not at AWS: its tokens' `iss`. Default: userPools, else "
            "https://cognito-idp.REGION.amazonaws.com/POOL.",
     .example = "\"\"",
     .check = check_issuer},
    {.path = "api.authProviders.openIDConnectConfig",
     .doc = "Of OPENID_CONNECT. Several issuers: several providers.",
     .each = only_of<AuthMode::oidc>,
     .alternative = true},
    {.path = "api.authProviders.openIDConnectConfig.issuer",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::open_id_connect, &OpenIdConnectConfig::issuer>,
     .doc = "https (http for loopback addresses); must equal the tokens' `iss`. Its keys are found "
            "through ISSUER/.well-known/openid-configuration.",
     .example = "\"https://issuer.example.com\"",
     .check = check_issuer},
    {.path = "api.authProviders.openIDConnectConfig.clientId",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::open_id_connect, &OpenIdConnectConfig::client_id>,
     .doc =
         "Regular expression that must match the whole of a token's `aud` or `azp`. Default: any.",
     .example = "\"\"",
     .check = check_regex},
    {.path = "api.authProviders.openIDConnectConfig.iatTTL",
     .kind = Kind::count,
     .field = in_provider<&AuthProviderConfig::open_id_connect, &OpenIdConnectConfig::iat_ttl>,
     .doc = "Milliseconds that a token is good for after `iat`; 0: as long as it says."},
    {.path = "api.authProviders.openIDConnectConfig.authTTL",
     .kind = Kind::count,
     .field = in_provider<&AuthProviderConfig::open_id_connect, &OpenIdConnectConfig::auth_ttl>,
     .doc = "Milliseconds that a token is good for after `auth_time`; 0: as long as it says."},
    {.path = "api.authProviders.openIDConnectConfig.secret",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::open_id_connect, &OpenIdConnectConfig::secret>,
     .doc = "Lets HS256, HS384 and HS512 tokens in that are signed with it. Default: none are.",
     .danger = "whoever has it can make tokens for anybody.",
     .example = "\"file:/run/secrets/oidc-secret\"",
     .check = check_credential,
     .secret = true},
    {.path = "api.authProviders.lambdaAuthorizerConfig",
     .doc = "Of AWS_LAMBDA; one an API.",
     .each = only_of<AuthMode::lambda>,
     .alternative = true},
    {.path = "api.authProviders.lambdaAuthorizerConfig.authorizerUri",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::lambda, &LambdaAuthorizerConfig::authorizer_uri>,
     .doc = "ARN or name of a function in lambda.functions.",
     .example = "\"arn:aws:lambda:us-east-1:000000000000:function:auth\""},
    {.path = "api.authProviders.lambdaAuthorizerConfig.authorizerResultTtlInSeconds",
     .kind = Kind::count,
     .field = in_provider<&AuthProviderConfig::lambda, &LambdaAuthorizerConfig::result_ttl>,
     .doc = "How long an answer is kept, where the answer does not say; 0: it is asked each time.",
     .most = 3600},
    {.path = "api.authProviders.lambdaAuthorizerConfig.identityValidationExpression",
     .kind = Kind::text,
     .field = in_provider<&AuthProviderConfig::lambda,
                          &LambdaAuthorizerConfig::identity_validation_expression>,
     .doc = "Regular expression; a token that does not match is refused without a call.",
     .example = "\"\"",
     .check = check_regex},

    {.path = "outbound", .doc = "Every request that eventsd makes."},
    {.path = "outbound.caFile",
     .kind = Kind::path,
     .field = in_config<&Config::outbound, &OutboundConfig::ca_file>,
     .doc = "PEM file with certificates that are trusted besides the system's.",
     .example = "/etc/eventsd/ca.pem"},
    {.path = "outbound.allowLinkLocal",
     .kind = Kind::boolean,
     .field = in_config<&Config::outbound, &OutboundConfig::allow_link_local>,
     .doc = "Lets requests go to link-local addresses and the metadata services of clouds.",
     .danger = "true lets whoever sets a URL read this machine's cloud credentials."},
    {.path = "outbound.credentials", .doc = "What signs requests to services that want SigV4."},
    {.path = "outbound.credentials.accessKeyId",
     .kind = Kind::text,
     .field = in_config<&Config::outbound, &OutboundConfig::credentials,
                        &AwsCredentialsConfig::access_key_id>,
     .doc = "Without it requests are not signed.",
     .example = "\"${AWS_ACCESS_KEY_ID}\"",
     .check = check_credential},
    {.path = "outbound.credentials.secretAccessKey",
     .kind = Kind::text,
     .field = in_config<&Config::outbound, &OutboundConfig::credentials,
                        &AwsCredentialsConfig::secret_access_key>,
     .doc = "Its secret.",
     .example = "\"file:/run/secrets/aws-secret\"",
     .check = check_credential,
     .secret = true},
    {.path = "outbound.credentials.sessionToken",
     .kind = Kind::text,
     .field = in_config<&Config::outbound, &OutboundConfig::credentials,
                        &AwsCredentialsConfig::session_token>,
     .doc = "Of temporary credentials.",
     .example = "\"\"",
     .check = check_credential,
     .secret = true},

    {.path = "devIssuer", .doc = "An issuer of tokens for development, on the admin port."},
    {.path = "devIssuer.enabled",
     .kind = Kind::boolean,
     .field = in_config<&Config::dev_issuer>,
     .doc = "Serves OIDC discovery and keys under /dev-issuer; `eventsd token` makes tokens.",
     .danger = "whoever can read dataDir can make a token for anybody; never in production.",
     .restart = true},

    {.path = "userPools",
     .kind = Kind::text_map,
     .field = in_config<&Config::user_pools>,
     .doc = "Where user pools live that are not at AWS: a pool's id and its issuer.",
     .example = "{ us-east-1_abc: \"http://127.0.0.1:9229/us-east-1_abc\" }",
     .check = check_issuer},

    {.path = "lambda", .doc = "Lambda functions.", .each = any_function},
    {.path = "lambda.functions",
     .kind = Kind::section_map,
     .doc = "A function's ARN or name, and an address that speaks the Lambda Invoke API: "
            "POST /2015-03-31/functions/NAME/invocations.",
     .example = "auth",
     .enter = enter_function,
     .each = each_function},
    {.path = "lambda.functions.url",
     .kind = Kind::text,
     .field = in_function<&LambdaFunctionConfig::url>,
     .doc = "http or https, without the path above.",
     .example = "\"http://127.0.0.1:9001\"",
     .check = check_url},

    {.path = "iam", .doc = "Who may sign requests (AWS_IAM).", .each = any_user},
    {.path = "iam.users",
     .kind = Kind::section_list,
     .doc = "Access keys and what each may do.",
     .enter = enter_user,
     .each = each_user},
    {.path = "iam.users.accessKeyId",
     .kind = Kind::text,
     .field = in_user<&IamUserConfig::access_key_id>,
     .doc = "The key's id.",
     .example = "AKIDEXAMPLE",
     .check = check_access_key_id},
    {.path = "iam.users.secretAccessKey",
     .kind = Kind::text,
     .field = in_user<&IamUserConfig::secret_access_key>,
     .doc = "Its secret.",
     .danger = "whoever has it may do what the policy allows.",
     .example = "\"${IAM_SECRET}\"",
     .check = check_credential,
     .secret = true},
    {.path = "iam.users.sessionToken",
     .kind = Kind::text,
     .field = in_user<&IamUserConfig::session_token>,
     .doc = "Only for temporary credentials: requests must carry it.",
     .example = "\"\"",
     .check = check_credential,
     .secret = true},
    {.path = "iam.users.userName",
     .kind = Kind::text,
     .field = in_user<&IamUserConfig::user_name>,
     .doc = "Handlers see it as ctx.identity.username. Default: the key's id.",
     .example = "alice",
     .check = check_user_name},
    {.path = "iam.users.policy",
     .kind = Kind::section_list,
     .doc = "What the user may do; without a statement that allows it: nothing. Deny wins.",
     .enter = enter_statement,
     .each = each_statement},
    {.path = "iam.users.policy.Effect",
     .kind = Kind::choice,
     .field = in_statement<&PolicyStatementConfig::effect>,
     .doc = "Allow or Deny.",
     .example = "Allow",
     .choices = "Allow|Deny"},
    {.path = "iam.users.policy.Action",
     .kind = Kind::text_list,
     .field = in_statement<&PolicyStatementConfig::actions>,
     .doc =
         "Actions with * and ?: appsync:EventConnect, appsync:EventPublish, "
         "appsync:EventSubscribe; on the admin port appsync:ListApiKeys, appsync:CreateApiKey and "
         "the other operations by their names.",
     .example = "\"appsync:Event*\"",
     .check = check_not_empty},
    {.path = "iam.users.policy.Resource",
     .kind = Kind::text_list,
     .field = in_statement<&PolicyStatementConfig::resources>,
     .doc = "ARNs with * and ?: arn:aws:appsync:REGION:ACCOUNT:apis/API and, below it, "
            "/channelNamespace/NAME.",
     .example = "\"*\"",
     .check = check_not_empty},
};

}  // namespace

std::span<const Option> auth_options() { return kOptions; }

}  // namespace eventsd::config
