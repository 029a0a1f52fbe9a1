// AMAZON_DYNAMODB: the data source behind handlers' DynamoDB requests.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "data/dynamodb_source/backend.hpp"
#include "data/dynamodb_source/page_tokens.hpp"
#include "data/functions.hpp"
#include "data/outbound_calls.hpp"
#include "eventsd/data_source.hpp"

namespace eventsd::data::dynamodb_source {

struct SourceOptions {
  std::string name;   // of the data source
  std::string table;  // dynamodbConfig.tableName
  std::shared_ptr<Backend> backend;
  std::shared_ptr<const PageTokens> tokens;
  std::chrono::milliseconds wall_time{30'000};  // limits.handler.wallTime
  std::string region = {};                      // the table's, which functions are told
  // Those that conditionalCheckFailedHandler may name; null: none is asked, the condition stands.
  std::shared_ptr<Functions> functions = {};
};

// Takes the requests of handlers rules 5.1 and gives ctx.result and ctx.error as they say. A
// transaction that is cancelled has both.
//   errors   in the answer: DynamoDB's, and those of OutboundCalls::run(), as DynamoDB:…
//   thread   calls: a shard's; requests and replies are translated on that of `calls`
//   source   handlers rule 5.1
std::shared_ptr<DataSource> make_dynamodb_source(SourceOptions options, OutboundCalls& calls);

}  // namespace eventsd::data::dynamodb_source
