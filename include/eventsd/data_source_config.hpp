// Data sources, tables and names of the configuration. Part of config.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/source_place.hpp"

namespace eventsd {

enum class DataSourceType : std::uint8_t {
  none,
  dynamodb,
  lambda,
  http,
  event_bridge,
  open_search,
  elasticsearch,  // open_search by its former name; its options are in `open_search`
  relational_database,
  bedrock_runtime,
};

// As AppSync spells them, by DataSourceType.
inline constexpr std::array<std::string_view, 9> kDataSourceTypeNames = {
    "NONE",
    "AMAZON_DYNAMODB",
    "AWS_LAMBDA",
    "HTTP",
    "AMAZON_EVENTBRIDGE",
    "AMAZON_OPENSEARCH_SERVICE",
    "AMAZON_ELASTICSEARCH",
    "RELATIONAL_DATABASE",
    "AMAZON_BEDROCK_RUNTIME"};

constexpr std::string_view to_string(DataSourceType type) {
  return kDataSourceTypeNames[static_cast<std::size_t>(type)];
}

struct DynamoDbSourceConfig {
  std::string table_name;
  std::string aws_region;  // Config::region where the file does not say
  bool operator==(const DynamoDbSourceConfig&) const = default;
};

struct LambdaSourceConfig {
  std::string function_arn;  // ARN or name; Config::lambda_functions has it
  bool operator==(const LambdaSourceConfig&) const = default;
};

enum class HttpAuthorization : std::uint8_t { none, aws_iam };

struct HttpSourceConfig {
  std::string endpoint;  // http or https, no query; may end in '/'
  HttpAuthorization authorization = HttpAuthorization::none;
  std::string signing_region;  // with aws_iam: both are there
  std::string signing_service;
  bool operator==(const HttpSourceConfig&) const = default;
};

struct EventBridgeSourceConfig {
  std::string event_bus_arn;  // Config::event_bridge has it
  bool operator==(const EventBridgeSourceConfig&) const = default;
};

struct OpenSearchSourceConfig {
  std::string aws_region;  // Config::region where the file does not say
  std::string endpoint;    // Config::open_search may say where that is
  bool operator==(const OpenSearchSourceConfig&) const = default;
};

struct RelationalSourceConfig {
  std::string connection_string;      // libpq's; secret. Empty: by `db_cluster_identifier`
  std::string db_cluster_identifier;  // ARN; Config::rds has it when there is no string
  std::string database_name;          // replaces that of the connection string
  std::string schema;                 // search path
  std::string source_type = "RDS_HTTP_ENDPOINT";
  std::string aws_region;            // not looked at
  std::string aws_secret_store_arn;  // not looked at
  bool operator==(const RelationalSourceConfig&) const = default;
};

// One entry of `dataSources`. AMAZON_BEDROCK_RUNTIME and NONE have no options of their own.
struct DataSourceConfig {
  std::string name;
  std::string description;
  DataSourceType type = DataSourceType::none;
  DynamoDbSourceConfig dynamodb;  // each: only when it is the type's
  LambdaSourceConfig lambda;
  HttpSourceConfig http;
  EventBridgeSourceConfig event_bridge;
  OpenSearchSourceConfig open_search;
  RelationalSourceConfig relational;
  SourcePlace place;
};

// A secondary index of a table.
struct DynamoDbIndexConfig {
  std::string name;
  std::string partition_key;  // "NAME:TYPE", type S, N or B
  std::string sort_key;       // the same; empty: none
  SourcePlace place;
};

struct DynamoDbTableConfig {
  std::string name;
  std::string partition_key;  // as above
  std::string sort_key;
  std::string ttl_attribute;  // empty: items do not expire
  std::vector<DynamoDbIndexConfig> indexes;
  SourcePlace place;
};

struct DynamoDbConfig {
  std::string listen;    // serves DynamoDB's HTTP API there; empty: off
  std::string endpoint;  // data sources go there; empty: tables live in dataDir
  std::vector<DynamoDbTableConfig> tables;
};

// A name and what it means on this machine: a pool's id and its issuer, a bus and its endpoint.
struct NamedAddress {
  std::string name;
  std::string address;
  SourcePlace place;
};

}  // namespace eventsd
