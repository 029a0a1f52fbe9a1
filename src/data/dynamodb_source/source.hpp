// AMAZON_DYNAMODB: the data source behind handlers' DynamoDB requests.
#pragma once

#include <memory>
#include <string>

#include "data/dynamodb_source/backend.hpp"
#include "data/dynamodb_source/page_tokens.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/executor.hpp"

namespace eventsd::data::dynamodb_source {

struct SourceOptions {
  std::string name;   // of the data source
  std::string table;  // dynamodbConfig.tableName
  std::shared_ptr<Backend> backend;
  std::shared_ptr<const PageTokens> tokens;
  // The thread on which requests and replies are translated; the backend's own thread, if it has
  // one. Lives until every call has been answered.
  Executor work;
};

// Takes the requests of handlers rules 5.1 and gives ctx.result and ctx.error as they say. A
// transaction that is cancelled has both.
//   thread   calls: a shard's; all the rest happens on `work`
std::shared_ptr<DataSource> make_dynamodb_source(SourceOptions options);

}  // namespace eventsd::data::dynamodb_source
