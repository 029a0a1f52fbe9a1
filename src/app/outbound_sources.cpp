#include "app/outbound_sources.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "app/authorizers.hpp"
#include "data/bedrock_source.hpp"
#include "data/eventbridge_source.hpp"
#include "data/http_source.hpp"
#include "data/lambda_source.hpp"
#include "data/opensearch_source.hpp"
#include "data/rds/rds_source.hpp"
#include "net/connect.hpp"
#include "net/lambda_invoke.hpp"
#include "net/sigv4.hpp"

namespace eventsd::app {
namespace {

const NamedAddress* find_address(const std::vector<NamedAddress>& names, std::string_view name) {
  const auto place = std::find_if(names.begin(), names.end(),
                                  [&](const NamedAddress& one) { return one.name == name; });
  return place == names.end() ? nullptr : &*place;
}

Result<net::Url> parse_http_url(std::string_view text) {
  auto url = net::parse_url(text);
  if (url && url->scheme != net::UrlScheme::http && url->scheme != net::UrlScheme::https) {
    return fail(ErrorKind::bad_request, "\"" + std::string(text) + "\" is neither http nor https");
  }
  return url;
}

// arn:aws:SERVICE:REGION:ACCOUNT:…; empty where it is no ARN.
std::string arn_part(std::string_view arn, int number) {
  if (!arn.starts_with("arn:")) return {};
  for (int i = 0; i < number; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}
constexpr int kRegion = 3;
constexpr int kAccount = 4;

std::string or_else(std::string text, const std::string& otherwise) {
  return text.empty() ? otherwise : text;
}

net::RequestSigner make_signer(const AwsCredentialsConfig& credentials, std::string region,
                               std::string service) {
  return [signer = net::SigV4Signer{credentials, std::move(region), std::move(service)}](
             net::HttpRequest& request) {
    net::sign_request(request, signer, std::chrono::system_clock::now());
  };
}

}  // namespace

Result<std::shared_ptr<DataSource>> OutboundSources::make(const DataSourceConfig& from) {
  switch (from.type) {
    case DataSourceType::lambda:
      return make_lambda(from);
    case DataSourceType::http:
      return make_http(from);
    case DataSourceType::event_bridge:
      return make_event_bridge(from);
    case DataSourceType::open_search:
    case DataSourceType::elasticsearch:
      return make_open_search(from);
    case DataSourceType::relational_database:
      return make_database(from);
    case DataSourceType::bedrock_runtime:
      return make_bedrock(from);
    case DataSourceType::none:
    case DataSourceType::dynamodb:
      break;
  }
  return fail(ErrorKind::internal, "asks nobody");
}

net::RequestSigner OutboundSources::signer(std::string region, std::string service) const {
  if (config_.outbound.credentials.empty()) return nullptr;
  return make_signer(config_.outbound.credentials, std::move(region), std::move(service));
}

Result<std::shared_ptr<net::HttpPool>> OutboundSources::pool() {
  if (!pool_) {
    net::HttpPoolOptions options;
    options.connect = connect_options(config_.outbound);
    auto trust = net::load_client_tls_context(config_.outbound.ca_file);
    if (!trust) return fail(ErrorKind::bad_request, "outbound.caFile: " + trust.error().message);
    options.connect.trust = std::move(*trust);
    pool_ = data::on_its_thread(calls_, net::make_http_pool(calls_.io(), std::move(options)));
  }
  return pool_;
}

Result<data::OutboundHttpOptions> OutboundSources::http_options(const DataSourceConfig& from,
                                                                net::RequestSigner sign) {
  auto connections = pool();
  if (!connections) return connections.error();
  return data::OutboundHttpOptions{from.name, std::move(*connections), std::move(sign),
                                   config_.limits.handler.wall_time};
}

Result<std::shared_ptr<data::Functions>> OutboundSources::functions() {
  if (functions_) return functions_;
  data::FunctionsOptions options;
  if (!config_.lambda_functions.empty()) {
    auto connections = pool();
    if (!connections) return connections.error();
    options.pool = std::move(*connections);
  }
  options.functions = config_.lambda_functions;
  if (!config_.outbound.credentials.empty()) {
    options.signer = [credentials = config_.outbound.credentials,
                      own = config_.region](const std::string& region) -> net::RequestSigner {
      return make_signer(credentials, or_else(region, own), "lambda");
    };
  }
  functions_ = data::make_functions(std::move(options));
  return functions_;
}

OutboundSources::Made OutboundSources::make_lambda(const DataSourceConfig& from) {
  auto function = net::find_lambda_function(config_.lambda_functions, from.lambda.function_arn);
  if (!function) return function.error();
  auto http = http_options(from, signer(or_else(function->region, config_.region), "lambda"));
  if (!http) return http.error();
  return data::make_lambda_source(
      {from.name, std::move(*function), std::move(http->sign), http->pool, http->wall_time},
      calls_);
}

OutboundSources::Made OutboundSources::make_http(const DataSourceConfig& from) {
  auto endpoint = parse_http_url(from.http.endpoint);
  if (!endpoint) return endpoint.error();
  net::RequestSigner sign;
  if (from.http.authorization == HttpAuthorization::aws_iam) {
    sign = signer(or_else(from.http.signing_region, config_.region), from.http.signing_service);
  }
  auto http = http_options(from, std::move(sign));
  if (!http) return http.error();
  return data::make_http_source({std::move(*http), std::move(*endpoint)}, calls_);
}

OutboundSources::Made OutboundSources::make_event_bridge(const DataSourceConfig& from) {
  data::EventBridgeSourceOptions options;
  options.bus = from.event_bridge.event_bus_arn;
  options.region = or_else(arn_part(options.bus, kRegion), config_.region);
  options.account_id = or_else(arn_part(options.bus, kAccount), config_.account_id);
  net::RequestSigner sign;
  if (const NamedAddress* address = find_address(config_.event_bridge, options.bus)) {
    auto target = data::parse_eventbridge_target(address->address);
    if (!target) return fail(ErrorKind::bad_request, "eventBridge: " + target.error().message);
    if (target->form == data::EventBridgeForm::api) sign = signer(options.region, "events");
    options.target = std::move(*target);
  }
  auto http = http_options(from, std::move(sign));
  if (!http) return http.error();
  options.http = std::move(*http);
  return data::make_eventbridge_source(std::move(options), calls_);
}

OutboundSources::Made OutboundSources::make_open_search(const DataSourceConfig& from) {
  const NamedAddress* address = find_address(config_.open_search, from.open_search.endpoint);
  auto endpoint = parse_http_url(address ? address->address : from.open_search.endpoint);
  if (!endpoint) return endpoint.error();
  auto http =
      http_options(from, signer(or_else(from.open_search.aws_region, config_.region), "es"));
  if (!http) return http.error();
  return data::make_opensearch_source({std::move(*http), std::move(*endpoint)}, calls_);
}

OutboundSources::Made OutboundSources::make_database(const DataSourceConfig& from) {
  data::rds::RdsSourceOptions options;
  options.name = from.name;
  options.connection_string = from.relational.connection_string;
  if (options.connection_string.empty()) {
    const std::string& cluster = from.relational.db_cluster_identifier;
    const NamedAddress* address = find_address(config_.rds, cluster);
    if (!address) {
      return fail(ErrorKind::bad_request,
                  "rds has no connection string for \"" + cluster + "\": add it there");
    }
    options.connection_string = address->address;
  }
  options.database = from.relational.database_name;
  options.schema = from.relational.schema;
  options.allow_link_local = config_.outbound.allow_link_local;
  options.wall_time = config_.limits.handler.wall_time;
  auto made = data::rds::make_rds_source(std::move(options), calls_);
  if (!made) return fail(made.error().kind, "connectionString: " + made.error().message);
  return made;
}

OutboundSources::Made OutboundSources::make_bedrock(const DataSourceConfig& from) {
  data::BedrockSourceOptions options;
  for (const NamedAddress& model : config_.bedrock) {
    auto endpoint = parse_http_url(model.address);
    if (!endpoint) return fail(ErrorKind::bad_request, "bedrock: " + endpoint.error().message);
    options.endpoints.emplace(model.name, std::move(*endpoint));
  }
  auto http = http_options(from, signer(config_.region, "bedrock"));
  if (!http) return http.error();
  options.http = std::move(*http);
  return data::make_bedrock_source(std::move(options), calls_);
}

std::vector<config::Fault> find_outbound_faults(const Config& config) {
  std::vector<config::Fault> faults;
  boost::asio::io_context io(1);  // never run: nothing is asked
  data::OutboundCalls calls(io);
  OutboundSources sources(config, calls);
  for (const ApiConfig& api : config.apis) {
    for (const DataSourceConfig& from : api.data_sources) {
      if (from.type == DataSourceType::none || from.type == DataSourceType::dynamodb) continue;
      const auto made = sources.make(from);
      if (made) continue;
      faults.push_back({from.place, "data source \"" + from.name + "\": " + made.error().message});
    }
  }
  return faults;
}

}  // namespace eventsd::app
