// What @aws-appsync/utils/dynamodb makes, run: the handlers' library, the data source and the
// tables together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handler/engine.hpp"
#include "handler/zone_table.hpp"
#include "unit/data/support/handler_requests.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using ::testing::StartsWith;

class DynamoDbModule : public ::testing::Test {
 protected:
  // The JSON text that a handler's request() returns for a JavaScript expression.
  std::string made(const std::string& expression) {
    handler::CodeExports exports;
    const auto fault = engine_->load(1, "code.js",
                                     "import { util } from '@aws-appsync/utils';"
                                     "import * as ddb from '@aws-appsync/utils/dynamodb';"
                                     "export const onPublish = { request(ctx) { return " +
                                         expression + "}, response(ctx) { return null; } }",
                                     exports);
    if (fault) return "\"" + fault->message + "\"";
    const CodeOutcome outcome = engine_->run(1, "onPublish.request", "{}");
    return outcome.end == CodeOutcome::End::value ? outcome.value : "\"" + outcome.message + "\"";
  }
  Json result(const std::string& expression) {
    return handler_.result(Json::parse(made(expression)));
  }
  std::string error(const std::string& expression) {
    return handler_.error(Json::parse(made(expression)));
  }

  test::Tables tables_{{{"messages", "channel:S", "at:N", {}, {{"byUser", "user:S", "at:N"}}, {}},
                        {"things", "id:S", {}, {}, {}, {}}}};
  test::HandlerRequests handler_{tables_};
  std::unique_ptr<handler::Engine> engine_ = handler::make_engine({}, handler::ZoneTable::read());
};

TEST_F(DynamoDbModule, PutsGetsAndRemoves) {
  EXPECT_EQ(result("ddb.put({ key: { channel: 'a', at: 1 }, item: { text: 'hi', tags: ['x', null], "
                   "deep: { n: 1.5, ok: true } } })"),
            Json::parse(R"({"channel":"a","at":1,"text":"hi","tags":["x",null],
                            "deep":{"n":1.5,"ok":true}})"));
  EXPECT_EQ(result("ddb.get({ key: { channel: 'a', at: 1 }, consistentRead: true, "
                   "projection: ['text', 'deep.n', 'tags[0]'] })"),
            Json::parse(R"({"text":"hi","deep":{"n":1.5},"tags":["x"]})"));
  EXPECT_EQ(
      result("ddb.remove({ key: { channel: 'a', at: 1 }, condition: { text: { eq: 'hi' } } })")
          .at("text"),
      "hi");
  EXPECT_EQ(result("ddb.get({ key: { channel: 'a', at: 1 } })"), nullptr);
}

TEST_F(DynamoDbModule, PutsWithEveryOperatorOfConditions) {
  ASSERT_TRUE(result("ddb.put({ key: { channel: 'a', at: 1 }, item: { n: 5, s: 'hello', l: [1, 2],"
                     " gone: null } })")
                  .is_object());
  const char* holds[] = {
      "{ n: { eq: 5 } }",
      "{ n: { ne: 6 } }",
      "{ n: { lt: 6, gt: 4 } }",
      "{ n: { le: 5, ge: 5 } }",
      "{ n: { between: [1, 9] } }",
      "{ n: { in: [4, 5] } }",
      "{ s: { beginsWith: 'he' } }",
      "{ s: { contains: 'ell' } }",
      "{ s: { notContains: 'x' } }",
      "{ s: { attributeExists: true }, x: { attributeExists: false } }",
      "{ s: { attributeType: 'string' }, gone: { attributeType: '_null' } }",
      "{ s: { size: 5 } }",
      "{ s: { size: { between: [1, 5] } } }",
      "{ or: [{ n: { eq: 9 } }, { and: [{ n: { eq: 5 } }, { s: { ne: '' } }] }] }",
      "{ not: { n: { eq: 9 } } }",
      "{ not: { n: { eq: 9 }, s: { eq: 'x' } } }",
      "{ and: [{ n: { eq: 5, ne: 4 } }, { s: { eq: 'hello' } }] }",
      "{ or: [{ n: { eq: 5 } }] }",
      "{ n: { eq: 5 }, or: [{ s: { eq: 'x' } }, { not: { or: [{ s: { eq: 'y' } }] } }] }",
      "{ s: { size: { gt: 1, lt: 9 } } }",
      "{ not: { s: { size: { gt: 1, lt: 4 } } } }"};
  for (const std::string condition : holds) {
    EXPECT_TRUE(result("ddb.update({ key: { channel: 'a', at: 1 }, update: { touched: true }, "
                       "condition: " +
                       condition + " })")
                    .is_object())
        << condition;
  }
  EXPECT_THAT(error("ddb.update({ key: { channel: 'a', at: 1 }, update: { touched: true }, "
                    "condition: { n: { eq: 6 } } })"),
              StartsWith("DynamoDB:ConditionalCheckFailedException"));
}

TEST_F(DynamoDbModule, UpdatesWithEveryOperation) {
  ASSERT_TRUE(result("ddb.put({ key: { channel: 'a', at: 1 }, item: { n: 5, l: [2], old: 1, "
                     "m: { a: 1, b: 2 }, list: ['x', 'y'] } })")
                  .is_object());
  EXPECT_EQ(result("ddb.update({ key: { channel: 'a', at: 1 }, update: {"
                   "  n: ddb.operations.increment(2), plain: 'v', nothing: null,"
                   "  l: ddb.operations.append([3]), old: ddb.operations.remove(),"
                   "  m: { a: 9 }, added: ddb.operations.add('new'),"
                   "  list: [ddb.operations.updateListItem('z', 1)] } })"),
            Json::parse(R"({"channel":"a","at":1,"n":7,"plain":"v","nothing":null,"l":[2,3],
                            "m":{"a":9,"b":2},"added":"new","list":["x","z"]})"));
  EXPECT_EQ(result("ddb.update({ key: { channel: 'a', at: 1 }, update: {"
                   "  n: ddb.operations.decrement(), l: ddb.operations.prepend([1]),"
                   "  m: ddb.operations.replace({ only: true }) } })"),
            Json::parse(R"({"channel":"a","at":1,"n":6,"plain":"v","nothing":null,"l":[1,2,3],
                            "m":{"only":true},"added":"new","list":["x","z"]})"));
  EXPECT_THAT(error("ddb.update({ key: { channel: 'b', at: 1 }, "
                    "update: { n: ddb.operations.increment(1) } })"),
              StartsWith("DynamoDB:DynamoDbException: The provided expression refers to an "
                         "attribute that does not exist in the item"));
}

TEST_F(DynamoDbModule, BatchesQueriesAndScans) {
  const Json put = result(
      "ddb.batchPut({ tables: { messages: [1, 2, 3].map((at) => ({ channel: 'a', at, user: 'ann', "
      "text: `t${at}` })) } })");
  EXPECT_EQ(put["data"]["messages"][2]["text"], "t3");
  Json page = result("ddb.query({ query: { channel: { eq: 'a' }, at: { ge: 2 } }, limit: 1 })");
  EXPECT_EQ(page["items"][0]["at"], 2);
  const std::string token = page["nextToken"];
  page = result("ddb.query({ query: { channel: { eq: 'a' }, at: { ge: 2 } }, nextToken: '" + token +
                "' })");
  EXPECT_EQ(page["items"][0]["at"], 3);
  EXPECT_EQ(result("ddb.query({ query: { user: { eq: 'ann' }, at: { between: [1, 2] } }, index: "
                   "'byUser', scanIndexForward: false, projection: ['text'], "
                   "filter: { text: { contains: 't' } } })")["items"],
            Json::parse(R"([{"text":"t2"},{"text":"t1"}])"));
  EXPECT_EQ(result("ddb.scan({ filter: { at: { gt: 2 } } })")["items"].size(), 1u);
  EXPECT_EQ(result("ddb.batchGet({ tables: { messages: { keys: [{ channel: 'a', at: 3 }, "
                   "{ channel: 'a', at: 9 }], projection: ['text'] } } })")["data"]["messages"],
            Json::parse(R"([{"text":"t3"},null])"));
  EXPECT_EQ(result("ddb.batchDelete({ tables: { messages: [{ channel: 'a', at: 1 }] } })")["data"],
            Json::parse(R"({"messages":[{"channel":"a","at":1}]})"));
}

TEST_F(DynamoDbModule, Transactions) {
  EXPECT_EQ(result("ddb.transactWrite({ items: ["
                   "{ putItem: { table: 'things', key: { id: 'a' }, item: { n: 1 }, "
                   "condition: { id: { attributeExists: false } } } },"
                   "{ updateItem: { table: 'things', key: { id: 'b' }, update: { n: 2 } } },"
                   "{ deleteItem: { table: 'things', key: { id: 'c' } } },"
                   "{ conditionCheck: { table: 'things', key: { id: 'd' }, "
                   "condition: { id: { attributeExists: false } } } }] })")["keys"]
                .size(),
            4u);
  EXPECT_EQ(result("ddb.transactGet({ items: [{ table: 'things', key: { id: 'a' } }, "
                   "{ table: 'things', key: { id: 'c' } }, "
                   "{ table: 'things', key: { id: 'b' }, projection: ['n'] }] })")["items"],
            Json::parse(R"([{"id":"a","n":1},null,{"n":2}])"));
}

TEST_F(DynamoDbModule, TypedHelpersAndTransformations) {
  EXPECT_EQ(
      result("({ operation: 'PutItem', key: util.dynamodb.toMapValues({ channel: 'a', at: 1 })"
             ", attributeValues: { ns: ddb.toNumberSet([2, 1]), ss: util.dynamodb."
             "toStringSet(['b', 'a']), n: util.dynamodb.toNumber(4), none: util.dynamodb."
             "toString(null), m: util.dynamodb.toMap({ x: null }) } })"),
      Json::parse(R"({"channel":"a","at":1,"ns":[1,2],"ss":["a","b"],"n":4,"none":null,
                            "m":{"x":null}})"));
  EXPECT_EQ(result("({ operation: 'Scan', filter: util.transform.toDynamoDBFilterExpression("
                   "{ n: { gt: 3 } }) })")["items"]
                .size(),
            1u);
  EXPECT_EQ(result("({ operation: 'DeleteItem', key: util.dynamodb.toMapValues({ channel: 'a', "
                   "at: 1 }), condition: util.transform.toDynamoDBConditionExpression("
                   "{ n: { attributeExists: true } }) })")["n"],
            4);
}

}  // namespace
}  // namespace eventsd::data::dynamodb_source
