// The options of `api.dataSources`.
// Texts here are the documentation: config/eventsd.yaml is made of them.
#include "config/grammar.hpp"
#include "config/options.hpp"

namespace eventsd::config {
namespace {

template <auto... Members>
Field in_source(const Scope& s) {
  return &(*s.data_source.*....*Members);
}

Scope enter_source(Scope s) {
  s.data_source = &s.api->data_sources.emplace_back();
  s.place = &s.data_source->place;
  return s;
}
void each_source(const Scope& s, const Visitor& visit) {
  for (DataSourceConfig& source : s.api->data_sources) {
    Scope inner = s;
    inner.data_source = &source;
    visit(inner);
  }
}
template <DataSourceType kType>
void only_of(const Scope& s, const Visitor& visit) {
  if (s.data_source->type == kType) visit(s);
}
void if_signed(const Scope& s, const Visitor& visit) {
  if (s.data_source->http.authorization == HttpAuthorization::aws_iam) visit(s);
}
void if_cluster(const Scope& s, const Visitor& visit) {
  const RelationalSourceConfig& source = s.data_source->relational;
  if (!source.db_cluster_identifier.empty() || !source.database_name.empty() ||
      !source.schema.empty()) {
    visit(s);
  }
}

constexpr Option kOptions[] = {
    {.path = "api.dataSources",
     .kind = Kind::section_list,
     .doc = "What handlers may ask between request() and response().",
     .enter = enter_source,
     .each = each_source},
    {.path = "api.dataSources.name",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::name>,
     .doc = "Letters, digits and '_', with no digit first; handlerConfigs name it.",
     .example = "nothing",
     .check = check_source_name},
    {.path = "api.dataSources.description",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::description>,
     .doc = "For people.",
     .example = "\"gives the request back\""},
    {.path = "api.dataSources.type",
     .kind = Kind::choice,
     .field = in_source<&DataSourceConfig::type>,
     .doc = "NONE (ctx.result is the request's payload), AMAZON_DYNAMODB, AWS_LAMBDA, HTTP, "
            "AMAZON_EVENTBRIDGE, AMAZON_OPENSEARCH_SERVICE (or AMAZON_ELASTICSEARCH), "
            "RELATIONAL_DATABASE or AMAZON_BEDROCK_RUNTIME. All but the first and the last have "
            "options of their own.",
     .choices = "NONE|AMAZON_DYNAMODB|AWS_LAMBDA|HTTP|AMAZON_EVENTBRIDGE|AMAZON_OPENSEARCH_SERVICE|"
                "AMAZON_ELASTICSEARCH|RELATIONAL_DATABASE|AMAZON_BEDROCK_RUNTIME"},

    {.path = "api.dataSources.dynamodbConfig",
     .doc = "Of AMAZON_DYNAMODB.",
     .each = only_of<DataSourceType::dynamodb>,
     .alternative = true},
    {.path = "api.dataSources.dynamodbConfig.tableName",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::dynamodb, &DynamoDbSourceConfig::table_name>,
     .doc = "One of dynamodb.tables. Batches and transactions name their tables themselves.",
     .example = "messages",
     .check = check_table_name},
    {.path = "api.dataSources.dynamodbConfig.awsRegion",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::dynamodb, &DynamoDbSourceConfig::aws_region>,
     .doc = "What requests to dynamodb.endpoint are signed for. Default: region.",
     .example = "us-east-1",
     .check = check_region},

    {.path = "api.dataSources.lambdaConfig",
     .doc = "Of AWS_LAMBDA.",
     .each = only_of<DataSourceType::lambda>,
     .alternative = true},
    {.path = "api.dataSources.lambdaConfig.lambdaFunctionArn",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::lambda, &LambdaSourceConfig::function_arn>,
     .doc = "ARN or name of a function in lambda.functions.",
     .example = "\"arn:aws:lambda:us-east-1:000000000000:function:enrich\""},

    {.path = "api.dataSources.httpConfig",
     .doc = "Of HTTP.",
     .each = only_of<DataSourceType::http>,
     .alternative = true},
    {.path = "api.dataSources.httpConfig.endpoint",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::http, &HttpSourceConfig::endpoint>,
     .doc = "http or https, without a query; a request's resourcePath follows it.",
     .example = "\"http://127.0.0.1:9000\"",
     .check = check_endpoint},
    {.path = "api.dataSources.httpConfig.authorizationConfig",
     .doc = "Signs requests with outbound.credentials.",
     .each = if_signed,
     .alternative = true},
    {.path = "api.dataSources.httpConfig.authorizationConfig.authorizationType",
     .kind = Kind::choice,
     .field = in_source<&DataSourceConfig::http, &HttpSourceConfig::authorization>,
     .doc = "AWS_IAM.",
     .example = "AWS_IAM",
     .choices = "AWS_IAM"},
    {.path = "api.dataSources.httpConfig.authorizationConfig.awsIamConfig",
     .doc = "What the signature is for."},
    {.path = "api.dataSources.httpConfig.authorizationConfig.awsIamConfig.signingRegion",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::http, &HttpSourceConfig::signing_region>,
     .doc = "Default: region.",
     .example = "us-east-1",
     .check = check_region},
    {.path = "api.dataSources.httpConfig.authorizationConfig.awsIamConfig.signingServiceName",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::http, &HttpSourceConfig::signing_service>,
     .doc = "The service's name in signatures, such as events.",
     .example = "events",
     .check = check_service_name},

    {.path = "api.dataSources.eventBridgeConfig",
     .doc = "Of AMAZON_EVENTBRIDGE.",
     .each = only_of<DataSourceType::event_bridge>,
     .alternative = true},
    {.path = "api.dataSources.eventBridgeConfig.eventBusArn",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::event_bridge, &EventBridgeSourceConfig::event_bus_arn>,
     .doc = "A bus in eventBridge.",
     .example = "\"arn:aws:events:us-east-1:000000000000:event-bus/default\""},

    {.path = "api.dataSources.openSearchServiceConfig",
     .doc = "Of AMAZON_OPENSEARCH_SERVICE.",
     .each = only_of<DataSourceType::open_search>,
     .alternative = true},
    {.path = "api.dataSources.openSearchServiceConfig.awsRegion",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::open_search, &OpenSearchSourceConfig::aws_region>,
     .doc = "What requests are signed for. Default: region.",
     .example = "us-east-1",
     .check = check_region},
    {.path = "api.dataSources.openSearchServiceConfig.endpoint",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::open_search, &OpenSearchSourceConfig::endpoint>,
     .doc = "The domain's address; openSearch may name another for it.",
     .example = "\"http://127.0.0.1:9200\"",
     .check = check_endpoint},
    {.path = "api.dataSources.elasticsearchConfig",
     .doc = "Of AMAZON_ELASTICSEARCH, the former name.",
     .each = only_of<DataSourceType::elasticsearch>,
     .alternative = true},
    {.path = "api.dataSources.elasticsearchConfig.awsRegion",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::open_search, &OpenSearchSourceConfig::aws_region>,
     .doc = "As above.",
     .example = "us-east-1",
     .check = check_region},
    {.path = "api.dataSources.elasticsearchConfig.endpoint",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::open_search, &OpenSearchSourceConfig::endpoint>,
     .doc = "As above.",
     .example = "\"http://127.0.0.1:9200\"",
     .check = check_endpoint},

    {.path = "api.dataSources.relationalDatabaseConfig",
     .doc = "Of RELATIONAL_DATABASE: PostgreSQL.",
     .each = only_of<DataSourceType::relational_database>,
     .alternative = true},
    {.path = "api.dataSources.relationalDatabaseConfig.connectionString",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::relational, &RelationalSourceConfig::connection_string>,
     .doc = "postgresql://USER:PASSWORD@HOST/DATABASE or libpq's `host=… dbname=…`. Default: what "
            "`rds` names for dbClusterIdentifier.",
     .danger = "handlers run any SQL as this user; give it no more rights than they need.",
     .example = "\"file:/run/secrets/database-url\"",
     .secret = true},
    {.path = "api.dataSources.relationalDatabaseConfig.relationalDatabaseSourceType",
     .kind = Kind::choice,
     .field = in_source<&DataSourceConfig::relational, &RelationalSourceConfig::source_type>,
     .doc = "As in AppSync; there is one.",
     .choices = "RDS_HTTP_ENDPOINT"},
    {.path = "api.dataSources.relationalDatabaseConfig.rdsHttpEndpointConfig",
     .doc = "As in AppSync.",
     .each = if_cluster,
     .alternative = true},
    {.path = "api.dataSources.relationalDatabaseConfig.rdsHttpEndpointConfig.awsRegion",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::relational, &RelationalSourceConfig::aws_region>,
     .doc = "Not used.",
     .example = "us-east-1",
     .check = check_region},
    {.path = "api.dataSources.relationalDatabaseConfig.rdsHttpEndpointConfig.dbClusterIdentifier",
     .kind = Kind::text,
     .field =
         in_source<&DataSourceConfig::relational, &RelationalSourceConfig::db_cluster_identifier>,
     .doc = "A cluster in rds.",
     .example = "\"arn:aws:rds:us-east-1:000000000000:cluster:chat\""},
    {.path = "api.dataSources.relationalDatabaseConfig.rdsHttpEndpointConfig.databaseName",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::relational, &RelationalSourceConfig::database_name>,
     .doc = "Default: the connection string's.",
     .example = "chat"},
    {.path = "api.dataSources.relationalDatabaseConfig.rdsHttpEndpointConfig.schema",
     .kind = Kind::text,
     .field = in_source<&DataSourceConfig::relational, &RelationalSourceConfig::schema>,
     .doc = "Where tables without a schema are looked for. Default: the database's.",
     .example = "public"},
    {.path = "api.dataSources.relationalDatabaseConfig.rdsHttpEndpointConfig.awsSecretStoreArn",
     .kind = Kind::text,
     .field =
         in_source<&DataSourceConfig::relational, &RelationalSourceConfig::aws_secret_store_arn>,
     .doc = "Not used: the connection string has the password.",
     .example = "\"\""},
};

}  // namespace

std::span<const Option> data_source_options() { return kOptions; }

}  // namespace eventsd::config
