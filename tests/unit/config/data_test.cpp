// Handlers, data sources, tables, and what must hold between them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/print.hpp"
#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// An API of one namespace "n", with the lines of the namespace and of the API's end.
std::string api_of(const std::string& in_namespace, const std::string& in_api = "") {
  return "api:\n  channelNamespaces:\n    - name: n\n" + in_namespace + in_api;
}

constexpr std::string_view kSources =
    "  dataSources:\n"
    "    - {name: nothing, type: NONE}\n"
    "    - {name: fn, type: AWS_LAMBDA, lambdaConfig: {lambdaFunctionArn: enrich}}\n"
    "lambda: {functions: {enrich: {url: \"http://127.0.0.1:9001\"}}}\n";

// The faults of a list of one source.
std::vector<std::string> source_faults(const std::string& source, const std::string& more = "") {
  return faults_of("api: {dataSources: [" + source + "]}\n" + more);
}

TEST(HandlersConfig, CodeIsRelativeToTheFile) {
  const TemporaryFolder folder;
  const std::string file = folder.write("e.yaml", api_of("      codeHandlers: handlers/chat.js\n"));
  const auto loaded = load_config({file, {}, {}, true});
  ASSERT_TRUE(loaded.config);
  const HandlersConfig& handlers = loaded.config->apis[0].channel_namespaces[0].handlers;
  EXPECT_EQ(handlers.code_file, (folder.path() / "handlers/chat.js").string());
  EXPECT_EQ(handlers.code_place.line, 4);
  EXPECT_FALSE(handlers.on_publish);
}

TEST(HandlersConfig, ReadsBothOperations) {
  const auto config = load_good(api_of(
      "      codeHandlers: a.js\n"
      "      handlerConfigs:\n"
      "        onPublish: {behavior: CODE, integration: {dataSourceName: nothing}}\n"
      "        onSubscribe: {behavior: DIRECT, integration: {dataSourceName: fn, lambdaConfig: "
      "{invokeType: EVENT}}}\n",
      std::string(kSources)));
  const HandlersConfig& handlers = config->apis[0].channel_namespaces[0].handlers;
  EXPECT_EQ(handlers.on_publish, (HandlerConfig{HandlerBehavior::code, "nothing", {}}));
  EXPECT_EQ(handlers.on_subscribe,
            (HandlerConfig{HandlerBehavior::direct, "fn", InvokeType::event}));
}

TEST(HandlersConfig, MayBeEmptyAndNameNoSource) {
  EXPECT_THAT(faults_of(api_of("      handlerConfigs: {}\n")), IsEmpty());
  EXPECT_THAT(faults_of(api_of("      codeHandlers: a.js\n      handlerConfigs: {onPublish: "
                               "{behavior: CODE, integration: {dataSourceName: \"\"}}}\n")),
              IsEmpty());
}

TEST(HandlersConfig, AnUnknownSourceGivesItsPlaceAndTheNearestName) {
  EXPECT_THAT(
      faults_of(api_of("      codeHandlers: a.js\n"
                       "      handlerConfigs:\n"
                       "        onPublish:\n"
                       "          behavior: CODE\n"
                       "          integration: {dataSourceName: nothin}\n",
                       std::string(kSources))),
      ElementsAre("f.yaml:8:41: api.channelNamespaces[0].handlerConfigs.onPublish.integration."
                  "dataSourceName: no data source \"nothin\" in dataSources; did you mean "
                  "\"nothing\"?"));
}

TEST(HandlersConfig, RefusesWhatDoesNotFitItsBehavior) {
  const auto faults = [](const std::string& configs) {
    return faults_of(api_of("      handlerConfigs: {" + configs + "}\n", std::string(kSources)));
  };
  EXPECT_THAT(faults("onPublish: {behavior: DIRECT, integration: {dataSourceName: nothing}}"),
              ElementsAre(HasSubstr("DIRECT needs an AWS_LAMBDA data source; nothing is NONE")));
  EXPECT_THAT(faults("onSubscribe: {behavior: DIRECT}"),
              ElementsAre(HasSubstr("DIRECT asks an AWS_LAMBDA data source")));
  EXPECT_THAT(faults("onPublish: {integration: {dataSourceName: fn}}"),
              ElementsAre(HasSubstr("onPublish.behavior: is missing; CODE or DIRECT")));
  EXPECT_THAT(faults("onPublish: {behavior: CODE}"),
              ElementsAre(HasSubstr("CODE needs codeHandlers")));
  EXPECT_THAT(faults_of(api_of("      codeHandlers: a.js\n"
                               "      handlerConfigs: {onPublish: {behavior: CODE, integration: "
                               "{dataSourceName: fn, lambdaConfig: {invokeType: EVENT}}}}\n",
                               std::string(kSources))),
              ElementsAre(HasSubstr("lambdaConfig: is of behavior DIRECT, not CODE")));
  EXPECT_THAT(faults("onPublish: {behavior: code}"),
              ElementsAre(HasSubstr("expected one of CODE, DIRECT, not \"code\"")));
}

TEST(HandlersConfig, CodeThatIsNeverRunGivesAWarning) {
  const std::string direct = "{behavior: DIRECT, integration: {dataSourceName: fn}}";
  EXPECT_THAT(warnings_of(api_of("      codeHandlers: a.js\n      handlerConfigs: {onPublish: " +
                                     direct + ", onSubscribe: " + direct + "}\n",
                                 std::string(kSources))),
              ElementsAre(HasSubstr("is not used: both operations are DIRECT")));
}

TEST(HandlersConfig, DoesNotDifferByThePlaceWhereItWasWritten) {
  HandlersConfig one;
  HandlersConfig other;
  other.code_place.line = 7;
  EXPECT_EQ(one, other);
  other.code_file = "/a.js";
  EXPECT_NE(one, other);
}

TEST(DataSources, EveryTypeIsReadWithItsOptions) {
  const auto config = load_good(
      "region: eu-west-1\n"
      "api:\n"
      "  dataSources:\n"
      "    - {name: a, type: AMAZON_DYNAMODB, dynamodbConfig: {tableName: messages, awsRegion: "
      "us-east-2}}\n"
      "    - {name: b, type: AWS_LAMBDA, lambdaConfig: {lambdaFunctionArn: "
      "\"arn:aws:lambda:us-east-1:000000000000:function:enrich\"}}\n"
      "    - {name: c, type: HTTP, httpConfig: {endpoint: \"https://h.example/v1/\", "
      "authorizationConfig: {authorizationType: AWS_IAM, awsIamConfig: {signingRegion: us-west-2, "
      "signingServiceName: execute-api}}}}\n"
      "    - {name: d, type: AMAZON_EVENTBRIDGE, eventBridgeConfig: {eventBusArn: bus}}\n"
      "    - {name: e, type: AMAZON_OPENSEARCH_SERVICE, openSearchServiceConfig: {endpoint: "
      "\"http://127.0.0.1:9200\"}}\n"
      "    - {name: f, type: AMAZON_ELASTICSEARCH, elasticsearchConfig: {awsRegion: us-east-1, "
      "endpoint: \"http://127.0.0.1:9201\"}}\n"
      "    - {name: g, type: NONE, description: says nothing}\n"
      "    - {name: h, type: RELATIONAL_DATABASE, relationalDatabaseConfig: "
      "{relationalDatabaseSourceType: RDS_HTTP_ENDPOINT, rdsHttpEndpointConfig: {awsRegion: "
      "us-east-1, dbClusterIdentifier: cluster, databaseName: chat, schema: public, "
      "awsSecretStoreArn: secret}}}\n"
      "    - {name: i, type: AMAZON_BEDROCK_RUNTIME}\n"
      "rds: {cluster: \"host=localhost\"}\n"
      "eventBridge: {bus: \"http://127.0.0.1:9300\"}\n"
      "lambda: {functions: {enrich: {url: \"http://127.0.0.1:9001\"}}}\n");
  const ApiConfig& api = config->apis[0];
  ASSERT_EQ(api.data_sources.size(), 9u);
  EXPECT_EQ(api.find_data_source("a")->dynamodb, (DynamoDbSourceConfig{"messages", "us-east-2"}));
  EXPECT_EQ(api.find_data_source("b")->type, DataSourceType::lambda);
  EXPECT_EQ(api.find_data_source("c")->http,
            (HttpSourceConfig{"https://h.example/v1/", HttpAuthorization::aws_iam, "us-west-2",
                              "execute-api"}));
  EXPECT_EQ(api.find_data_source("d")->event_bridge.event_bus_arn, "bus");
  EXPECT_EQ(api.find_data_source("e")->open_search,
            (OpenSearchSourceConfig{"eu-west-1", "http://127.0.0.1:9200"}));
  EXPECT_EQ(api.find_data_source("f")->open_search,
            (OpenSearchSourceConfig{"us-east-1", "http://127.0.0.1:9201"}));
  EXPECT_EQ(api.find_data_source("h")->relational.db_cluster_identifier, "cluster");
  EXPECT_EQ(api.find_data_source("i")->type, DataSourceType::bedrock_runtime);
  EXPECT_EQ(api.find_data_source("i")->place.line, 12);
  EXPECT_EQ(api.find_data_source("x"), nullptr);
  EXPECT_EQ(config->rds[0].address, "host=localhost");

  const std::string printed = print_config(*config);
  EXPECT_THAT(printed, Not(HasSubstr("host=localhost")));
  std::string unmasked = printed;
  unmasked.replace(unmasked.find("\"********\""), 10, "host=localhost");
  EXPECT_EQ(print_config(*load_good(unmasked)), printed);
}

TEST(DataSources, AnOptionOfAnotherTypeIsRefused) {
  EXPECT_THAT(source_faults("{name: a, type: NONE, httpConfig: {endpoint: \"http://a\"}}"),
              ElementsAre("f.yaml:1:43: api.dataSources[0].httpConfig: belongs to HTTP, not NONE"));
}

TEST(DataSources, WhatATypeNeedsIsNamed) {
  EXPECT_THAT(source_faults("{type: NONE}"),
              ElementsAre("f.yaml:1:21: api.dataSources[0].name: is missing"));
  EXPECT_THAT(source_faults("{name: a}"), ElementsAre(HasSubstr("[0].type: is missing")));
  EXPECT_THAT(source_faults("{name: a, type: AMAZON_DYNAMODB}"),
              ElementsAre(EndsWith("dynamodbConfig.tableName: is missing")));
  EXPECT_THAT(source_faults("{name: a, type: AWS_LAMBDA}"),
              ElementsAre(EndsWith("lambdaFunctionArn: is missing")));
  EXPECT_THAT(source_faults("{name: a, type: HTTP}"),
              ElementsAre(EndsWith("httpConfig.endpoint: is missing")));
  EXPECT_THAT(source_faults("{name: a, type: AMAZON_EVENTBRIDGE}"),
              ElementsAre(EndsWith("eventBusArn: is missing")));
  EXPECT_THAT(source_faults("{name: a, type: AMAZON_OPENSEARCH_SERVICE}"),
              ElementsAre(EndsWith("openSearchServiceConfig.endpoint: is missing")));
  EXPECT_THAT(source_faults("{name: a, type: RELATIONAL_DATABASE}"),
              ElementsAre(HasSubstr("connectionString: is missing; give it, or")));
  EXPECT_THAT(source_faults("{name: a, type: HTTP, httpConfig: {endpoint: \"http://a\", "
                            "authorizationConfig: {awsIamConfig: {signingServiceName: s}}}}"),
              ElementsAre(HasSubstr("authorizationType: is missing; AWS_IAM is the one")));
}

TEST(DataSources, NamesAreUniqueAndWellFormed) {
  EXPECT_THAT(source_faults("{name: a, type: NONE}, {name: a, type: NONE}"),
              ElementsAre(HasSubstr("the data source \"a\" is already defined in line 1")));
  EXPECT_THAT(source_faults("{name: 1a, type: NONE}"),
              ElementsAre(HasSubstr("letters, digits and '_', with no digit first")));
  EXPECT_THAT(source_faults("{name: a, type: SQS}"),
              ElementsAre(HasSubstr("expected one of NONE")));
  EXPECT_THAT(source_faults("{name: a, type: HTTP, httpConfig: {endpoint: \"ftp://a\"}}"),
              ElementsAre(HasSubstr("an address such as")));
}

TEST(DataSources, AnUnknownFunctionOrClusterIsAFaultAndAnUnknownBusOrTableAWarning) {
  EXPECT_THAT(
      source_faults("{name: a, type: AWS_LAMBDA, lambdaConfig: {lambdaFunctionArn: \"x\"}}"),
      ElementsAre(HasSubstr("no function of that name in lambda.functions; add \"x: {url: …}\"")));
  EXPECT_THAT(source_faults("{name: a, type: RELATIONAL_DATABASE, relationalDatabaseConfig: "
                            "{rdsHttpEndpointConfig: {dbClusterIdentifier: c}}}"),
              ElementsAre(HasSubstr("no connection string for this cluster in rds")));
  const auto warnings = [](const std::string& source) {
    return warnings_of("api: {dataSources: [" + source + "], channelNamespaces: [{name: a}]}");
  };
  EXPECT_THAT(warnings("{name: a, type: AMAZON_EVENTBRIDGE, eventBridgeConfig: {eventBusArn: b}}"),
              ElementsAre(HasSubstr("no address for this bus in eventBridge")));
  EXPECT_THAT(warnings("{name: a, type: AMAZON_DYNAMODB, dynamodbConfig: {tableName: abc}}"),
              ElementsAre(HasSubstr("no table of that name in dynamodb.tables")));
}

TEST(DynamoDbConfig, ReadsTablesAndTheirIndexes) {
  const auto config = load_good(
      "dynamodb:\n  listen: localhost:8000\n  tables:\n"
      "    - {name: messages, partitionKey: \"channel:S\", sortKey: \"timestamp:N\", ttlAttribute: "
      "expireAt, indexes: [{name: byUser, partitionKey: \"user:S\"}]}\n",
      {{"EVENTSD_DYNAMODB_ENDPOINT", "http://127.0.0.1:8001"}});
  EXPECT_EQ(config->dynamodb.listen, "127.0.0.1:8000");
  EXPECT_EQ(config->dynamodb.endpoint, "http://127.0.0.1:8001");
  ASSERT_EQ(config->dynamodb.tables.size(), 1u);
  EXPECT_EQ(config->dynamodb.tables[0].sort_key, "timestamp:N");
  EXPECT_EQ(config->dynamodb.tables[0].place.line, 4);
  EXPECT_EQ(config->dynamodb.tables[0].indexes[0].partition_key, "user:S");
}

TEST(DynamoDbConfig, RefusesFaultyTables) {
  const auto faults = [](const std::string& tables) {
    return faults_of("dynamodb: {tables: [" + tables + "]}");
  };
  EXPECT_THAT(faults("{name: abc}"), ElementsAre(EndsWith("tables[0].partitionKey: is missing")));
  EXPECT_THAT(faults("{name: abc, partitionKey: a}"),
              ElementsAre(HasSubstr("an attribute and its type S, N or B")));
  EXPECT_THAT(faults("{name: a, partitionKey: \"a:S\"}"), ElementsAre(HasSubstr("3 to 255")));
  EXPECT_THAT(faults("{name: abc, partitionKey: \"a:S\"}, {name: abc, partitionKey: \"a:S\"}"),
              ElementsAre(HasSubstr("the table \"abc\" is already defined")));
  EXPECT_THAT(faults_of("dynamodb: {listen: \"127.0.0.1:9464\"}"),
              ElementsAre(HasSubstr("is already an address of listen or admin.listen")));
}

TEST(HandlerLimits, ComeFromTheFileAndTheEnvironment) {
  EXPECT_EQ(load_good("")->limits.handler, HandlerLimits{});
  const auto limits = load_good("limits: {handler: {cpuTime: 1s, memory: 128MiB}}",
                                {{"EVENTSD_LIMITS_HANDLER_WORKERS", "4"}})
                          ->limits.handler;
  EXPECT_EQ(limits.workers, 4u);
  EXPECT_EQ(limits.cpu_time, std::chrono::seconds(1));
  EXPECT_EQ(limits.memory, 128u << 20);
  EXPECT_THAT(faults_of("limits: {handler: {workers: 1}}"),
              ElementsAre(StartsWith("f.yaml:1:29: limits.handler.workers: ")));
}

}  // namespace
}  // namespace eventsd::config
