#include "config/check_data.hpp"

#include <algorithm>
#include <set>

#include "config/grammar.hpp"
#include "config/options.hpp"
#include "config/read_value.hpp"
#include "config/section_checker.hpp"

namespace eventsd::config {
namespace {

struct SourceSection {
  DataSourceType type;
  std::string_view name;
};
constexpr SourceSection kSections[] = {
    {DataSourceType::dynamodb, "dynamodbConfig"},
    {DataSourceType::lambda, "lambdaConfig"},
    {DataSourceType::http, "httpConfig"},
    {DataSourceType::event_bridge, "eventBridgeConfig"},
    {DataSourceType::open_search, "openSearchServiceConfig"},
    {DataSourceType::elasticsearch, "elasticsearchConfig"},
    {DataSourceType::relational_database, "relationalDatabaseConfig"}};

bool knows(const std::vector<NamedAddress>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const NamedAddress& one) { return one.name == name; });
}

class DataChecker final : private SectionChecker {
 public:
  using SectionChecker::SectionChecker;

  void check() {
    check_tables();
    check_listen();
    for (std::size_t i = 0; i < config_.apis.size(); ++i) {
      const std::string path = api_path(i);
      check_sources(config_.apis[i], path + ".dataSources");
      check_namespaces(config_.apis[i], path + ".channelNamespaces");
    }
  }

 private:
  // What was refused by itself is not refused again.
  void fault(const std::string& path, const std::string& message) {
    if (!has_fault_at(path)) SectionChecker::fault(path, message);
  }

  void need(const std::string& value, const std::string& path) {
    if (value.empty()) fault(path, "is missing");
  }

  // ---- tables ----

  void check_tables() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < config_.dynamodb.tables.size(); ++i) {
      const DynamoDbTableConfig& table = config_.dynamodb.tables[i];
      const std::string item = "dynamodb.tables[" + std::to_string(i) + "]";
      need(table.name, item + ".name");
      need(table.partition_key, item + ".partitionKey");
      if (!table.name.empty() && !seen.insert(table.name).second) {
        fault(item + ".name", "the table \"" + table.name + "\" is already defined; remove one");
      }
      std::set<std::string> indexes;
      for (std::size_t j = 0; j < table.indexes.size(); ++j) {
        const DynamoDbIndexConfig& index = table.indexes[j];
        const std::string at = item + ".indexes[" + std::to_string(j) + "]";
        need(index.name, at + ".name");
        need(index.partition_key, at + ".partitionKey");
        if (!index.name.empty() && !indexes.insert(index.name).second) {
          fault(at + ".name", "the index \"" + index.name + "\" is already defined; remove one");
        }
      }
    }
  }

  void check_listen() {
    const std::string& address = config_.dynamodb.listen;
    if (address.empty() || has_port_zero(address)) return;
    if (address == config_.admin.listen ||
        std::ranges::find(config_.listen, address) != config_.listen.end()) {
      fault("dynamodb.listen", address + " is already an address of listen or admin.listen");
    }
  }

  // ---- data sources ----

  void check_sources(ApiConfig& api, const std::string& path) {
    std::map<std::string, SourcePlace> seen;
    for (std::size_t i = 0; i < api.data_sources.size(); ++i) {
      DataSourceConfig& source = api.data_sources[i];
      const std::string item = path + "[" + std::to_string(i) + "]";
      need(source.name, item + ".name");
      if (!has(item + ".type")) fault(item + ".type", "is missing");
      const auto [first, is_new] = seen.emplace(source.name, source.place);
      if (!is_new && !source.name.empty()) {
        fault(item + ".name", "the data source \"" + source.name +
                                  "\" is already defined in line " +
                                  std::to_string(first->second.line) + "; remove one");
      }
      for (const SourceSection& section : kSections) {
        const std::string at = item + "." + std::string(section.name);
        if (has(item + ".type") && has(at) && source.type != section.type) {
          fault(at, "belongs to " + std::string(to_string(section.type)) + ", not " +
                        std::string(to_string(source.type)));
        }
      }
      check_source(source, item);
    }
  }

  void check_source(DataSourceConfig& source, const std::string& item) {
    switch (source.type) {
      case DataSourceType::none:
      case DataSourceType::bedrock_runtime:
        return;
      case DataSourceType::dynamodb:
        return check_table_of(source.dynamodb, item + ".dynamodbConfig");
      case DataSourceType::lambda:
        return check_function(source.lambda.function_arn, item + ".lambdaConfig.lambdaFunctionArn");
      case DataSourceType::http:
        return check_http(source.http, item + ".httpConfig");
      case DataSourceType::event_bridge: {
        const std::string at = item + ".eventBridgeConfig.eventBusArn";
        const std::string& bus = source.event_bridge.event_bus_arn;
        need(bus, at);
        if (!bus.empty() && !knows(config_.event_bridge, bus)) {
          warn(at, "no address for this bus in eventBridge; putting events there will fail");
        }
        return;
      }
      case DataSourceType::open_search:
      case DataSourceType::elasticsearch: {
        const bool former = source.type == DataSourceType::elasticsearch;
        need(source.open_search.endpoint,
             item + (former ? ".elasticsearchConfig" : ".openSearchServiceConfig") + ".endpoint");
        if (source.open_search.aws_region.empty()) source.open_search.aws_region = config_.region;
        return;
      }
      case DataSourceType::relational_database:
        return check_database(source.relational, item + ".relationalDatabaseConfig");
    }
  }

  void check_table_of(DynamoDbSourceConfig& source, const std::string& path) {
    need(source.table_name, path + ".tableName");
    if (source.aws_region.empty()) source.aws_region = config_.region;
    if (source.table_name.empty() || !config_.dynamodb.endpoint.empty()) return;
    const bool known = std::ranges::any_of(
        config_.dynamodb.tables,
        [&](const DynamoDbTableConfig& table) { return table.name == source.table_name; });
    if (!known) {
      warn(path + ".tableName",
           "no table of that name in dynamodb.tables; requests fail until "
           "something makes it");
    }
  }

  void check_function(const std::string& name, const std::string& path) {
    if (name.empty()) return fault(path, "is missing");
    const auto wanted = lambda_function_name(name);
    const bool known =
        std::ranges::any_of(config_.lambda_functions, [&](const LambdaFunctionConfig& function) {
          return function.name == name || lambda_function_name(function.name) == wanted;
        });
    if (!known) {
      fault(path, "no function of that name in lambda.functions; add \"" + std::string(wanted) +
                      ": {url: …}\" there");
    }
  }

  void check_http(HttpSourceConfig& source, const std::string& path) {
    need(source.endpoint, path + ".endpoint");
    const std::string authorization = path + ".authorizationConfig";
    if (!has(authorization)) return;
    if (source.authorization != HttpAuthorization::aws_iam) {
      return fault(authorization + ".authorizationType", "is missing; AWS_IAM is the one there is");
    }
    need(source.signing_service, authorization + ".awsIamConfig.signingServiceName");
    if (source.signing_region.empty()) source.signing_region = config_.region;
    if (config_.outbound.credentials.empty()) {
      warn(authorization, "without outbound.credentials requests are not signed");
    }
  }

  void check_database(const RelationalSourceConfig& source, const std::string& path) {
    if (!source.connection_string.empty()) return;
    if (source.db_cluster_identifier.empty()) {
      return fault(path + ".connectionString",
                   "is missing; give it, or rdsHttpEndpointConfig.dbClusterIdentifier and its "
                   "connection string in rds");
    }
    if (!knows(config_.rds, source.db_cluster_identifier)) {
      fault(path + ".rdsHttpEndpointConfig.dbClusterIdentifier",
            "no connection string for this cluster in rds; add it there");
    }
  }

  // ---- handlers ----

  void check_namespaces(ApiConfig& api, const std::string& path) {
    for (std::size_t i = 0; i < api.channel_namespaces.size(); ++i) {
      HandlersConfig& handlers = api.channel_namespaces[i].handlers;
      const std::string item = path + "[" + std::to_string(i) + "]";
      if (!handlers.code_file.empty()) handlers.code_place = place(item + ".codeHandlers");
      const std::string configs = item + ".handlerConfigs";
      check_handler(api, handlers.on_publish, !handlers.code_file.empty(), configs + ".onPublish");
      check_handler(api, handlers.on_subscribe, !handlers.code_file.empty(),
                    configs + ".onSubscribe");
      const auto is_direct = [](const std::optional<HandlerConfig>& handler) {
        return handler && handler->behavior == HandlerBehavior::direct;
      };
      if (!handlers.code_file.empty() && is_direct(handlers.on_publish) &&
          is_direct(handlers.on_subscribe)) {
        warn(item + ".codeHandlers", "is not used: both operations are DIRECT");
      }
    }
  }

  void check_handler(const ApiConfig& api, const std::optional<HandlerConfig>& handler,
                     bool has_code, const std::string& path) {
    if (!handler) return;
    const bool direct = handler->behavior == HandlerBehavior::direct;
    const std::string name_path = path + ".integration.dataSourceName";
    if (!has(path + ".behavior")) return fault(path + ".behavior", "is missing; CODE or DIRECT");
    const DataSourceConfig* source = api.find_data_source(handler->data_source_name);
    if (!handler->data_source_name.empty() && source == nullptr) {
      return fault(name_path, unknown_source(api, handler->data_source_name));
    }
    if (!direct) {
      if (!has_code) fault(path + ".behavior", "CODE needs codeHandlers");
      if (has(path + ".integration.lambdaConfig")) {
        fault(path + ".integration.lambdaConfig", "is of behavior DIRECT, not CODE");
      }
    } else if (source == nullptr) {
      fault(name_path, "is missing; DIRECT asks an AWS_LAMBDA data source");
    } else if (source->type != DataSourceType::lambda) {
      fault(name_path, "DIRECT needs an AWS_LAMBDA data source; " + source->name + " is " +
                           std::string(to_string(source->type)));
    }
  }

  static std::string unknown_source(const ApiConfig& api, const std::string& name) {
    std::vector<std::string> names;
    for (const DataSourceConfig& source : api.data_sources) names.push_back(source.name);
    const auto near = nearest_name(name, names);
    return "no data source \"" + shorten(name) + "\" in dataSources; " +
           (near ? "did you mean \"" + *near + "\"?" : "add it there");
  }
};

}  // namespace

void check_data(Bound& bound, std::vector<std::string>& warnings) {
  DataChecker(bound, warnings).check();
}

}  // namespace eventsd::config
