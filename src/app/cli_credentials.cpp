#include "app/cli_credentials.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "net/sigv4.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using Pointer = std::shared_ptr<const ClientCredentials>;

// One header, the same for every operation.
class FixedCredentials final : public ClientCredentials {
 public:
  FixedCredentials(std::string host, std::string name, std::string value)
      : host_(std::move(host)), name_(std::move(name)), value_(std::move(value)) {}

  std::string authorization(std::string_view) const override {
    return json{{"host", host_}, {name_, value_}}.dump();
  }
  net::HttpHeaders headers(const net::HttpRequest&) const override { return {{name_, value_}}; }

 private:
  const std::string host_;
  const std::string name_;
  const std::string value_;
};

class SigningCredentials final : public ClientCredentials {
 public:
  SigningCredentials(net::Url publish, net::SigV4Signer signer)
      : publish_(std::move(publish)), signer_(std::move(signer)) {}

  // What AWS documents for AWS_IAM, signed as Amplify signs it.
  std::string authorization(std::string_view body) const override {
    const HeaderList headers = {{"accept", "application/json, text/javascript"},
                                {"content-encoding", "amz-1.0"},
                                {"content-type", "application/json; charset=UTF-8"},
                                {"host", publish_.authority()}};
    const std::string hash = net::sha256_hex(body);
    const HeaderList added = net::sigv4_headers({"POST", publish_.path, "", headers, hash}, signer_,
                                                std::chrono::system_clock::now());
    json object = json::object();
    for (const auto& [name, value] : headers) object[name] = value;
    for (const auto& [name, value] : added) {
      object[name == "authorization"          ? "Authorization"
             : name == "x-amz-security-token" ? "X-Amz-Security-Token"
                                              : name] = value;
    }
    return object.dump();
  }

  net::HttpHeaders headers(const net::HttpRequest& request) const override {
    net::HttpRequest copy = request;
    net::sign_request(copy, signer_, std::chrono::system_clock::now());
    return {copy.headers.begin() + static_cast<std::ptrdiff_t>(request.headers.size()),
            copy.headers.end()};
  }

 private:
  const net::Url publish_;
  const net::SigV4Signer signer_;
};

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c > '~'; });
}

Error not_a_header(const std::string& what) {
  return fail(ErrorKind::bad_request,
              what + " holds characters that cannot stand in a header; is it the right file?");
}

Result<std::string> read_token(const std::string& text) {
  constexpr std::string_view kFile = "file:";
  if (!text.starts_with(kFile)) return text;
  const std::string path = text.substr(kFile.size());
  auto token = read_secret_file(path);
  if (!token) return fail(ErrorKind::bad_request, "--auth-token: cannot read a token in " + path);
  return *std::move(token);
}

// "eu-west-1" of abc.appsync-api.eu-west-1.amazonaws.com; empty for other hosts.
std::string region_of(const std::string& host) {
  constexpr std::string_view kApi = ".appsync-api.";
  const auto at = host.find(kApi);
  if (at == std::string::npos) return "";
  const std::string rest = host.substr(at + kApi.size());
  const auto end = rest.find(".amazonaws.com");
  return end == std::string::npos ? "" : rest.substr(0, end);
}

Result<Pointer> find_signer(const IamOptions& options, const net::Url& publish,
                            const Environment& environment) {
  const auto choose = [&](const std::string& option, const char* variable) {
    return option.empty() ? environment(variable).value_or("") : option;
  };
  net::SigV4Signer signer;
  signer.service = "appsync";
  AwsCredentialsConfig& keys = signer.credentials;
  keys.access_key_id = choose(options.access_key_id, "AWS_ACCESS_KEY_ID");
  keys.secret_access_key = choose(options.secret_access_key, "AWS_SECRET_ACCESS_KEY");
  // A token belongs to its key: one from the environment does not fit a key from the options.
  keys.session_token = options.access_key_id.empty()
                           ? choose(options.session_token, "AWS_SESSION_TOKEN")
                           : options.session_token;
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) {
    return fail(ErrorKind::bad_request,
                "no keys to sign with: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give "
                "--access-key-id and --secret-access-key; eventsd knows those of iam.users");
  }
  for (const std::string* value : {&keys.access_key_id, &keys.session_token}) {
    if (!is_header_value(*value)) return not_a_header("an AWS key");
  }
  signer.region = options.region;
  if (signer.region.empty()) signer.region = region_of(publish.host);
  if (signer.region.empty()) signer.region = choose("", "AWS_REGION");
  if (signer.region.empty()) signer.region = choose("", "AWS_DEFAULT_REGION");
  if (signer.region.empty()) signer.region = Config().region;
  return Pointer(std::make_shared<SigningCredentials>(publish, std::move(signer)));
}

}  // namespace

Result<Pointer> find_credentials(const EndpointOptions& options, const net::Url& publish,
                                 const Environment& environment) {
  const int chosen = (options.iam.enabled ? 1 : 0) + (options.auth_token.empty() ? 0 : 1);
  if (chosen > 1) {
    return fail(ErrorKind::bad_request, "--iam and --auth-token exclude each other");
  }
  if (options.iam.enabled) return find_signer(options.iam, publish, environment);
  if (!options.auth_token.empty()) {
    auto token = read_token(options.auth_token);
    if (!token) return token.error();
    if (!is_header_value(*token)) return not_a_header("the token");
    return Pointer(std::make_shared<FixedCredentials>(publish.authority(), "Authorization",
                                                      *std::move(token)));
  }
  if (!is_header_value(options.api_key)) return not_a_header("the API key");
  return Pointer(
      std::make_shared<FixedCredentials>(publish.authority(), "x-api-key", options.api_key));
}

void add_signing_options(CLI::App& verb, IamOptions& iam) {
  verb.add_option("--region", iam.region,
                  "Region to sign for; $AWS_REGION, $AWS_DEFAULT_REGION, else us-east-1");
  verb.add_option("--access-key-id", iam.access_key_id, "Key to sign with; $AWS_ACCESS_KEY_ID");
  verb.add_option("--secret-access-key", iam.secret_access_key,
                  "Its secret, which others on this machine can see here; $AWS_SECRET_ACCESS_KEY");
  verb.add_option("--session-token", iam.session_token, "Its session token; $AWS_SESSION_TOKEN");
}

void add_credential_options(CLI::App& verb, EndpointOptions& endpoint) {
  auto* key = verb.add_option("--api-key", endpoint.api_key,
                              "API key; $EVENTSD_API_KEY, else the one in eventsd-data/api-key");
  auto* token = verb.add_option("--auth-token", endpoint.auth_token,
                                "Token for Cognito, OIDC or a Lambda authorizer, or file:PATH")
                    ->excludes(key);
  verb.add_flag("--iam", endpoint.iam.enabled, "Sign with SigV4 (AWS_IAM)")
      ->excludes(key)
      ->excludes(token);
  add_signing_options(verb, endpoint.iam);
}

}  // namespace eventsd::app
