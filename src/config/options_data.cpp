// The options of tables, and of what the names of data sources mean on this machine.
// Texts here are the documentation: config/eventsd.yaml is made of them.
#include "config/grammar.hpp"
#include "config/options.hpp"

namespace eventsd::config {
namespace {

template <auto... Members>
Field in_config(const Scope& s) {
  return &(*s.config.*....*Members);
}
template <auto Member>
Field in_table(const Scope& s) {
  return &(s.table->*Member);
}
template <auto Member>
Field in_index(const Scope& s) {
  return &(s.index->*Member);
}

Scope enter_table(Scope s) {
  s.table = &s.config->dynamodb.tables.emplace_back();
  s.place = &s.table->place;
  return s;
}
void each_table(const Scope& s, const Visitor& visit) {
  for (DynamoDbTableConfig& table : s.config->dynamodb.tables) {
    Scope inner = s;
    inner.table = &table;
    visit(inner);
  }
}
Scope enter_index(Scope s) {
  s.index = &s.table->indexes.emplace_back();
  s.place = &s.index->place;
  return s;
}
void each_index(const Scope& s, const Visitor& visit) {
  for (DynamoDbIndexConfig& index : s.table->indexes) {
    Scope inner = s;
    inner.index = &index;
    visit(inner);
  }
}

constexpr Option kOptions[] = {
    {.path = "dynamodb", .doc = "The tables of AMAZON_DYNAMODB data sources."},
    {.path = "dynamodb.listen",
     .kind = Kind::text,
     .field = in_config<&Config::dynamodb, &DynamoDbConfig::listen>,
     .doc = "Serves DynamoDB's HTTP API on the embedded tables, for AWS_ENDPOINT_URL_DYNAMODB of "
            "your own code; iam.users sign, and need dynamodb:… in their policy. Default: off.",
     .danger = "plain HTTP; keep it on a loopback address or behind a proxy with TLS.",
     .example = "\"127.0.0.1:8000\"",
     .check = check_optional_listen_address,
     .restart = true},
    {.path = "dynamodb.endpoint",
     .kind = Kind::text,
     .field = in_config<&Config::dynamodb, &DynamoDbConfig::endpoint>,
     .doc = "A DynamoDB that data sources use instead, signed with outbound.credentials. Default: "
            "tables live in dataDir.",
     .example = "\"https://dynamodb.us-east-1.amazonaws.com\"",
     .check = check_optional_url},
    {.path = "dynamodb.tables",
     .kind = Kind::section_list,
     .doc = "Tables that are made when they are missing, at a reload too. What is removed here stays "
            "on disk.",
     .enter = enter_table,
     .each = each_table},
    {.path = "dynamodb.tables.name",
     .kind = Kind::text,
     .field = in_table<&DynamoDbTableConfig::name>,
     .doc = "3 to 255 letters, digits, '_', '-' and '.'.",
     .example = "messages",
     .check = check_table_name},
    {.path = "dynamodb.tables.partitionKey",
     .kind = Kind::text,
     .field = in_table<&DynamoDbTableConfig::partition_key>,
     .doc = "The key's attribute and its type: S, N or B.",
     .example = "\"channel:S\"",
     .check = check_table_key},
    {.path = "dynamodb.tables.sortKey",
     .kind = Kind::text,
     .field = in_table<&DynamoDbTableConfig::sort_key>,
     .doc = "The same. Default: none.",
     .example = "\"timestamp:S\"",
     .check = check_optional_table_key},
    {.path = "dynamodb.tables.ttlAttribute",
     .kind = Kind::text,
     .field = in_table<&DynamoDbTableConfig::ttl_attribute>,
     .doc = "A number of seconds since 1970 after which an item goes. Default: items stay.",
     .example = "expireAt"},
    {.path = "dynamodb.tables.indexes",
     .kind = Kind::section_list,
     .doc = "Secondary indexes, with all attributes.",
     .enter = enter_index,
     .each = each_index},
    {.path = "dynamodb.tables.indexes.name",
     .kind = Kind::text,
     .field = in_index<&DynamoDbIndexConfig::name>,
     .doc = "3 to 255 letters, digits, '_', '-' and '.'.",
     .example = "byUser",
     .check = check_table_name},
    {.path = "dynamodb.tables.indexes.partitionKey",
     .kind = Kind::text,
     .field = in_index<&DynamoDbIndexConfig::partition_key>,
     .doc = "As the table's.",
     .example = "\"user:S\"",
     .check = check_table_key},
    {.path = "dynamodb.tables.indexes.sortKey",
     .kind = Kind::text,
     .field = in_index<&DynamoDbIndexConfig::sort_key>,
     .doc = "As the table's.",
     .example = "\"timestamp:S\"",
     .check = check_optional_table_key},

    {.path = "rds",
     .kind = Kind::text_map,
     .field = in_config<&Config::rds>,
     .doc = "Clusters' ARNs and the connection strings of the databases that stand for them.",
     .danger = "handlers run any SQL as these users.",
     .example = "{ \"arn:aws:rds:us-east-1:000000000000:cluster:chat\": \"${DATABASE_URL}\" }",
     .check = check_not_empty,
     .secret = true},
    {.path = "eventBridge",
     .kind = Kind::text_map,
     .field = in_config<&Config::event_bridge>,
     .doc = "Buses' ARNs and the addresses that take their events: of EventBridge's API, or "
            "webhook+https://… for a POST of each event.",
     .example = "{ \"arn:aws:events:us-east-1:000000000000:event-bus/default\": "
                "\"http://127.0.0.1:9300\" }",
     .check = check_bus_address},
    {.path = "openSearch",
     .kind = Kind::text_map,
     .field = in_config<&Config::open_search>,
     .doc = "Domains' endpoints and the addresses that stand for them.",
     .example = "{ \"https://search-chat.us-east-1.es.amazonaws.com\": \"http://127.0.0.1:9200\" }",
     .check = check_url},
    {.path = "bedrock",
     .kind = Kind::text_map,
     .field = in_config<&Config::bedrock>,
     .doc = "Models' ids and the addresses that answer for them, \"*\" for all others; without one "
            "a model is refused.",
     .example = "{ \"anthropic.claude-3-haiku-20240307-v1:0\": \"http://127.0.0.1:9400\" }",
     .check = check_url},
};

}  // namespace

std::span<const Option> data_options() { return kOptions; }

}  // namespace eventsd::config
