#include "app/dynamodb_service.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "app/authorizers.hpp"
#include "app/callback_loop.hpp"
#include "protocol/text.hpp"

namespace eventsd::app {
namespace {

namespace ddb = data::dynamodb;
namespace source = data::dynamodb_source;

// What seals nextTokens. Kept, so that a client can go on paging over a restart.
Result<source::PageTokens> open_page_tokens(const std::string& path) {
  const auto stored = read_file(path);
  if (stored && !stored->empty()) return source::PageTokens::from_secret(*stored);
  const std::string made = protocol::random_lower_alphanumeric(40);
  const auto written = write_file(path, made + "\n", 0600);
  if (!written) return written.error();
  return source::PageTokens::from_secret(made);
}

std::string text_of(const SourcePlace& place) {
  if (place.file.empty()) return {};
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

std::vector<ddb::TableSpec> table_specs(const Config& config) {
  std::vector<ddb::TableSpec> specs;
  for (const DynamoDbTableConfig& from : config.dynamodb.tables) {
    ddb::TableSpec spec{from.name, from.partition_key, from.sort_key, from.ttl_attribute,
                        {},        text_of(from.place)};
    for (const DynamoDbIndexConfig& index : from.indexes) {
      spec.indexes.push_back({index.name, index.partition_key, index.sort_key});
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

bool has_source(const Config& config) {
  return std::any_of(config.apis.begin(), config.apis.end(), [](const ApiConfig& api) {
    return std::any_of(api.data_sources.begin(), api.data_sources.end(),
                       [](const auto& one) { return one.type == DataSourceType::dynamodb; });
  });
}

}  // namespace

DynamoDbService::DynamoDbService()
    : work_(io_.get_executor()),
      executor_([this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }) {}

DynamoDbService::~DynamoDbService() { stop(); }

Result<void> DynamoDbService::open(const Config& config, const DataDir& dir) {
  store_path_ = dir.file("dynamodb.db");
  token_path_ = dir.file("dynamodb-token-key");
  const bool embedded = config.dynamodb.endpoint.empty() && has_source(config);
  if (embedded || !config.dynamodb.tables.empty() || !config.dynamodb.listen.empty()) {
    return open_store(config);
  }
  return {};
}

Result<void> DynamoDbService::listen(const Config& config, auth::IamUsersPtr users) {
  if (config.dynamodb.listen.empty()) return {};
  listener_ = std::make_unique<DynamoDbListener>(io_, *store_);
  listener_->configure(config, std::move(users));
  return listener_->listen(config.dynamodb.listen);
}

Result<void> DynamoDbService::open_store(const Config& config) {
  ddb::Options options;
  options.path = store_path_;
  options.tables = table_specs(config);
  options.region = config.region;
  options.account_id = config.account_id;
  auto opened = ddb::make_dynamodb(std::move(options));
  if (opened) {
    store_ = std::move(*opened);
  } else if (opened.error().kind == ErrorKind::store_unavailable) {
    spdlog::error("{}", opened.error().message);
    store_ = ddb::make_unusable_dynamodb(opened.error().message);
  } else {
    return opened.error();
  }
  return {};
}

void DynamoDbService::start() {
  if (listener_) listener_->start();
  thread_ = std::thread([this] { run_callbacks(io_, executor_, "dynamodb"); });
}

Result<void> DynamoDbService::check(const Config& config) const {
  return store_ ? store_->check_tables(table_specs(config)) : Result<void>();
}

void DynamoDbService::reconfigure(const Config& config, auth::IamUsersPtr users) {
  if (listener_) {
    executor_([this, config, users = std::move(users)] { listener_->configure(config, users); });
  }
  if (!store_ && config.dynamodb.tables.empty()) return;
  if (!store_) {
    const auto opened = open_store(config);
    if (!opened) spdlog::error("{}", opened.error().message);
    return;
  }
  store_->ensure_tables(table_specs(config), [](const Result<void>& done) {
    if (!done) spdlog::error("the tables stay as they were: {}", done.error().message);
  });
}

Result<DynamoDbService::BackendPtr> DynamoDbService::make_backend(const std::string& region,
                                                                  const Config& config,
                                                                  boost::asio::io_context& io) {
  if (config.dynamodb.endpoint.empty()) {
    if (!store_) {
      const auto opened = open_store(config);
      if (!opened) return opened.error();
    }
    return source::make_embedded_backend(*store_);
  }
  source::EndpointOptions options;
  auto url = net::parse_url(config.dynamodb.endpoint);
  if (!url) return fail(ErrorKind::bad_request, "dynamodb.endpoint: " + url.error().message);
  options.url = std::move(*url);
  options.connect = connect_options(config.outbound);
  options.timeout = config.limits.handler.wall_time;
  if (options.url.is_tls()) {
    auto trust = net::load_client_tls_context(config.outbound.ca_file);
    if (!trust) return fail(ErrorKind::bad_request, "outbound.caFile: " + trust.error().message);
    options.connect.trust = std::move(*trust);
  }
  options.signer = {config.outbound.credentials, region, "dynamodb"};
  return source::make_endpoint_backend(io, std::move(options));
}

Result<std::shared_ptr<DataSource>> DynamoDbService::make_source(
    const DataSourceConfig& from, const Config& config, data::OutboundCalls& calls,
    std::shared_ptr<data::Functions> functions) {
  const std::string& region =
      from.dynamodb.aws_region.empty() ? config.region : from.dynamodb.aws_region;
  auto backend = make_backend(region, config, calls.io());
  if (!backend) return backend.error();
  if (!tokens_) {
    const auto tokens = open_page_tokens(token_path_);
    if (!tokens) return tokens.error();
    tokens_ = std::make_shared<const source::PageTokens>(*tokens);
  }
  source::SourceOptions options;
  options.name = from.name;
  options.table = from.dynamodb.table_name;
  options.region = region;
  options.backend = std::move(*backend);
  options.tokens = tokens_;
  options.wall_time = config.limits.handler.wall_time;
  options.functions = std::move(functions);
  return source::make_dynamodb_source(std::move(options), calls);
}

void DynamoDbService::drain() {
  if (listener_) executor_([this] { listener_->drain(); });
}

void DynamoDbService::stop_tables() {
  if (store_) store_->stop();
}

void DynamoDbService::stop() {
  stop_tables();
  if (!thread_.joinable()) return;
  executor_([this] {
    if (listener_) listener_->abort();
    work_.reset();
    // What the sessions have posted to themselves comes first.
    boost::asio::post(io_, [this] { io_.stop(); });
  });
  thread_.join();
  io_.restart();
  io_.poll();
}

}  // namespace eventsd::app
