// The configuration: an immutable snapshot, replaced whole. Names, defaults and dangers of every
// option are in config/eventsd.yaml, which is checked against the loader's table.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/auth_mode.hpp"
#include "eventsd/channel_namespace.hpp"
#include "eventsd/data_source_config.hpp"
#include "eventsd/source_place.hpp"

namespace eventsd {

struct TlsConfig {
  std::string certificate;  // PEM path, chain; empty: none
  std::string private_key;
  bool self_signed = false;
  std::vector<std::string> names;  // further names of the self-signed certificate
  bool required = false;           // after defaults have been applied
  bool enabled() const { return self_signed || !certificate.empty(); }
  bool operator==(const TlsConfig&) const = default;
};

struct AdminConfig {
  std::string listen = "127.0.0.1:9464";
  std::string token;  // empty: generated in dataDir/admin-token
  std::vector<std::string> allowed_hosts = {"localhost", "127.0.0.1", "[::1]"};
};

enum class LogFormat : std::uint8_t { automatic, text, json };

struct LogConfig {
  std::string level = "info";  // trace debug info warn error
  LogFormat format = LogFormat::automatic;
  bool access = false;
};

struct ApiKeyConfig {
  std::string id;  // the key itself
  std::string description;
  std::optional<std::chrono::system_clock::time_point> expires;
  SourcePlace place;
};

struct CognitoConfig {
  std::string user_pool_id;
  std::string aws_region;
  std::string app_id_client_regex;  // empty: any client
  std::string issuer;               // empty: userPools, else the real service's address
};

struct OpenIdConnectConfig {
  std::string issuer;
  std::string client_id;       // regular expression for aud or azp; empty: any
  std::uint64_t iat_ttl = 0;   // milliseconds since iat; 0: no limit
  std::uint64_t auth_ttl = 0;  // milliseconds since auth_time; 0: no limit
  std::string secret;          // HS algorithms only
};

struct LambdaAuthorizerConfig {
  std::string authorizer_uri;                  // ARN or name, resolved by lambda.functions
  std::uint32_t result_ttl = 0;                // seconds; 0: answers are not cached
  std::string identity_validation_expression;  // empty: any token
};

struct AuthProviderConfig {
  AuthMode mode = AuthMode::api_key;
  CognitoConfig cognito;  // each: only when it is the mode's
  OpenIdConnectConfig open_id_connect;
  LambdaAuthorizerConfig lambda;
  SourcePlace place;
};

struct ApiConfig {
  std::string id;  // empty until the daemon has given it one
  std::string name = "eventsd";
  std::vector<std::string> domains;
  std::vector<AuthProviderConfig> auth_providers;
  AuthModes connection_modes;
  AuthModes default_publish_modes;
  AuthModes default_subscribe_modes;
  std::vector<ApiKeyConfig> api_keys;
  // keys are 0 until the daemon has given them numbers; modes are effective (defaults applied)
  std::vector<ChannelNamespace> channel_namespaces;
  std::vector<DataSourceConfig> data_sources;
  SourcePlace place;

  // Null when there is none of that name.
  const DataSourceConfig* find_data_source(std::string_view source_name) const {
    for (const DataSourceConfig& source : data_sources) {
      if (source.name == source_name) return &source;
    }
    return nullptr;
  }
};

// Of customers' code. What a call may take, and the processes that run it.
struct HandlerLimits {
  std::uint32_t workers = 2;
  std::chrono::milliseconds cpu_time{500};      // of one evaluation
  std::chrono::milliseconds wall_time{30'000};  // request, data source and response together
  std::uint64_t memory = 64ull << 20;           // the engine's heap, bytes
  std::uint64_t max_queue = 16ull << 20;        // bytes of calls that wait or run
  std::uint64_t recycle_after = 100'000;        // calls of one worker; 0: never
  bool operator==(const HandlerLimits&) const = default;
};

// AWS's values are the defaults, so `strict` only forbids others.
struct Limits {
  bool strict = false;
  std::uint32_t max_events_per_publish = 5;
  std::uint64_t max_event_size = 240 * 1024;
  std::uint64_t max_publish_size = 1'200'000;
  std::uint32_t max_subscriptions_per_connection = 200;
  std::uint32_t publishes_per_second_per_connection = 25;  // 0: no limit
  std::chrono::milliseconds max_connection_lifetime{std::chrono::hours(24)};
  std::chrono::milliseconds keep_alive_interval{std::chrono::seconds(60)};
  std::chrono::milliseconds connection_timeout{std::chrono::seconds(300)};
  std::uint64_t max_connections = 0;
  std::uint64_t max_connections_per_ip = 0;
  std::uint64_t max_frame_size = 6ull << 20;
  std::uint64_t max_outbound_queue = 4ull << 20;
  std::uint64_t max_outbound_total = 1ull << 30;
  std::uint64_t max_storage_queue = 64ull << 20;
  std::uint64_t max_shard_mailbox = 64ull << 20;
  std::uint64_t max_store_size = 10ull << 30;
  std::chrono::milliseconds header_timeout{std::chrono::seconds(10)};
  std::uint64_t max_header_size = 32 * 1024;
  std::chrono::milliseconds idle_http_timeout{std::chrono::seconds(75)};
  HandlerLimits handler;
};

// What signs requests that eventsd makes.
struct AwsCredentialsConfig {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  bool empty() const { return access_key_id.empty(); }
};

// Every request that eventsd makes.
struct OutboundConfig {
  std::string ca_file;
  bool allow_link_local = false;
  AwsCredentialsConfig credentials;
};

// An address that speaks the Lambda Invoke API. `name` is an ARN or a function's name.
struct LambdaFunctionConfig {
  std::string name;
  std::string url;
  SourcePlace place;
};

struct PolicyStatementConfig {
  std::string effect;  // Allow or Deny
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  SourcePlace place;
};

struct IamUserConfig {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: requests must not carry one
  std::string user_name;
  std::vector<PolicyStatementConfig> policy;
  SourcePlace place;
};

struct Config {
  std::string file;  // where it was read from; empty: no file
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  TlsConfig tls;
  SourcePlace tls_certificate_place;  // for messages about what the files hold
  SourcePlace tls_private_key_place;
  AdminConfig admin;
  std::string data_dir = "./eventsd-data";
  LogConfig log;
  unsigned threads = 0;  // 0: one event loop per core
  std::chrono::milliseconds drain_timeout{std::chrono::seconds(10)};
  std::vector<std::string> trusted_proxies;  // addresses and CIDR blocks
  std::vector<std::string> cors_allow_origins = {"*"};
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  OutboundConfig outbound;
  bool dev_issuer = false;  // devIssuer.enabled
  std::vector<LambdaFunctionConfig> lambda_functions;
  std::vector<NamedAddress> user_pools;  // pool id and issuer
  DynamoDbConfig dynamodb;
  std::vector<NamedAddress> rds;           // cluster ARN and connection string; secret
  std::vector<NamedAddress> event_bridge;  // bus ARN and endpoint
  std::vector<NamedAddress> open_search;   // domain endpoint and URL
  std::vector<NamedAddress> bedrock;       // model id and endpoint
  std::vector<IamUserConfig> iam_users;
  std::vector<ApiConfig> apis;  // empty: the zero-configuration API
  Limits limits;
};

using ConfigPtr = std::shared_ptr<const Config>;

}  // namespace eventsd
