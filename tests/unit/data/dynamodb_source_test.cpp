// Handlers' requests to DynamoDB, one test for each rule of docs/HANDLERS.md about them.
#include "data/dynamodb_source/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/data/support/handler_requests.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using test::HandlerRequests;
using test::Tables;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<dynamodb::TableSpec> specs() {
  return {{"messages", "channel:S", "at:N", {}, {{"byUser", "user:S", "at:N"}}, {}},
          {"things", "id:S", {}, {}, {}, {}}};
}

Json J(const char* text) { return Json::parse(text); }

class DynamoDbSource : public ::testing::Test {
 protected:
  void put(const std::string& channel, int at, const std::string& user = "ann") {
    const Json written =
        handler.result({{"operation", "PutItem"},
                        {"key", {{"channel", {{"S", channel}}}, {"at", {{"N", at}}}}},
                        {"attributeValues", {{"user", {{"S", user}}}, {"n", {{"N", at}}}}}});
    ASSERT_TRUE(written.is_object()) << written;
  }
  Tables tables{specs()};
  HandlerRequests handler{tables};
  HandlerRequests things{tables, "things"};
};

// ---- single items -------------------------------------------------------------------------------

TEST_F(DynamoDbSource, PutItemGivesTheItemWritten) {
  EXPECT_EQ(handler.result(J(R"j({"operation":"PutItem","version":"2018-05-29",
                               "key":{"channel":{"S":"a"},"at":{"N":1}},
                               "attributeValues":{"text":{"S":"hi"},"at":{"N":99}}})j")),
            J(R"j({"channel":"a","at":1,"text":"hi"})j"));
}

TEST_F(DynamoDbSource, GetItemGivesTheItemOrNull) {
  put("a", 1);
  Json get = J(R"j({"operation":"GetItem","key":{"channel":{"S":"a"},"at":{"N":"1"}},
                 "consistentRead":true})j");
  EXPECT_EQ(handler.result(get), J(R"j({"channel":"a","at":1,"user":"ann","n":1})j"));
  get["projection"] = {{"expression", "#u, n"}, {"expressionNames", {{"#u", "user"}}}};
  EXPECT_EQ(handler.result(get), J(R"j({"user":"ann","n":1})j"));
  get["key"]["at"]["N"] = 2;
  EXPECT_EQ(handler.result(get), nullptr);
}

TEST_F(DynamoDbSource, ValuesComeBackAsPlainJson) {
  EXPECT_EQ(things.result(J(R"j({"operation":"PutItem","key":{"id":{"S":"x"}},"attributeValues":{
              "s":{"S":"é\"\n"},"n":{"N":"-1.50"},"f":{"N":0.30000000000000004},"t":{"BOOL":true},
              "nul":{"NULL":null},"nul2":{"NULL":true},"none":null,"b":{"B":"aGk="},
              "l":{"L":[{"N":1},{"M":{"k":{"S":"v"}}}]},"ss":{"SS":["b","a"]},"ns":{"NS":[3,"1"]},
              "bs":{"BS":["aGk="]}}})j")),
            J(R"j({"id":"x","s":"é\"\n","n":-1.5,"f":0.30000000000000004,"t":true,"nul":null,
              "nul2":null,"none":null,"b":"aGk=","l":[1,{"k":"v"}],"ss":["a","b"],"ns":[1,3],
              "bs":["aGk="]})j"));
}

TEST_F(DynamoDbSource, NumbersKeepAllTheirDigits) {
  (void)things.result(J(R"j({"operation":"PutItem","key":{"id":{"S":"x"}},
                          "attributeValues":{"n":{"N":"12345678901234567890.123456789"}}})j"));
  EXPECT_EQ(things.ask(J(R"j({"operation":"GetItem","key":{"id":{"S":"x"}}})j")).result,
            R"({"id":"x","n":12345678901234567890.123456789})");
}

TEST_F(DynamoDbSource, UpdateItemGivesTheItemAfterwardsAndMakesIt) {
  const Json update = J(R"j({"operation":"UpdateItem","key":{"id":{"S":"x"}},"update":{
      "expression":"SET #c = if_not_exists(#c, :zero) + :one",
      "expressionNames":{"#c":"count"},"expressionValues":{":zero":{"N":0},":one":{"N":1}}}})j");
  EXPECT_EQ(things.result(update), J(R"j({"id":"x","count":1})j"));
  EXPECT_EQ(things.result(update), J(R"j({"id":"x","count":2})j"));
}

TEST_F(DynamoDbSource, DeleteItemGivesTheItemDeletedOrNull) {
  put("a", 1);
  const Json remove = J(R"j({"operation":"DeleteItem","key":{"channel":{"S":"a"},"at":{"N":1}}})j");
  EXPECT_EQ(handler.result(remove), J(R"j({"channel":"a","at":1,"user":"ann","n":1})j"));
  EXPECT_EQ(handler.result(remove), nullptr);
}

// ---- conditions ---------------------------------------------------------------------------------

const Json kNew = J(R"j({"expression":"attribute_not_exists(id)"
})j");

Json put_thing(const char* id, const Json& values, Json condition = kNew) {
  return {{"operation", "PutItem"},
          {"key", {{"id", {{"S", id}}}}},
          {"attributeValues", values},
          {"condition", std::move(condition)}};
}

TEST_F(DynamoDbSource, AFailedConditionIsAnError) {
  (void)things.result(put_thing("x", J(R"j({"v":{"N":1}})j")));
  const DataSourceAnswer answer = things.ask(put_thing("x", J(R"j({"v":{"N":2}})j")));
  EXPECT_EQ(answer.result, "null");
  EXPECT_EQ(answer.error_type, "DynamoDB:ConditionalCheckFailedException");
  EXPECT_EQ(answer.error_message,
            "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: "
            "REQUESTID)");
}

TEST_F(DynamoDbSource, APutThatHasBeenDoneAlreadySucceeds) {
  const Json first = put_thing("x", J(R"j({"v":{"N":1},"at":{"N":1}})j"));
  (void)things.result(first);
  EXPECT_EQ(things.result(first), J(R"j({"id":"x","v":1,"at":1})j"));
  Json later = put_thing("x", J(R"j({"v":{"N":1},"at":{"N":2}})j"));
  EXPECT_THAT(things.error(later), StartsWith("DynamoDB:ConditionalCheckFailedException"));
  later["condition"]["equalsIgnore"] = {"at"};
  EXPECT_EQ(things.result(later), J(R"j({"id":"x","v":1,"at":1})j")) << "the item that is there";
  later["attributeValues"]["more"] = {{"BOOL", true}};
  EXPECT_THAT(things.error(later), StartsWith("DynamoDB:ConditionalCheckFailedException"));
}

TEST_F(DynamoDbSource, ADeleteOfWhatIsGoneSucceeds) {
  (void)things.result(put_thing("x", J(R"j({"v":{"N":1}})j")));
  Json remove = J(R"j({"operation":"DeleteItem","key":{"id":{"S":"x"}},"condition":{
      "expression":"v = :v","expressionValues":{":v":{"N":2}},"consistentRead":true}})j");
  EXPECT_THAT(things.error(remove), StartsWith("DynamoDB:ConditionalCheckFailedException"));
  remove["key"]["id"]["S"] = "gone";
  EXPECT_EQ(things.result(remove), nullptr);
}

TEST_F(DynamoDbSource, AnUpdateWhoseConditionFailsIsAnErrorWhateverIsThere) {
  EXPECT_THAT(things.error(J(R"j({"operation":"UpdateItem","key":{"id":{"S":"x"}},
                "update":{"expression":"SET v = :v","expressionValues":{":v":{"N":1}}},
                "condition":{"expression":"attribute_exists(id)"
}
})j")),
              StartsWith("DynamoDB:ConditionalCheckFailedException: The conditional request "
                         "failed (Service: DynamoDb, Status Code: 400"));
}

TEST_F(DynamoDbSource, AStrategyIsRejectOrCustomWithAFunction) {
  (void)things.result(put_thing("x", J(R"j({"v":{"N":1}})j")));
  Json put = put_thing("x", J(R"j({"v":{"N":2}})j"));
  put["condition"]["conditionalCheckFailedHandler"] = {{"strategy", "Custom"}};
  EXPECT_EQ(things.error(put),
            "invalid: condition.conditionalCheckFailedHandler.lambdaArn is missing: strategy "
            "Custom needs it");
  put["condition"]["conditionalCheckFailedHandler"] = {{"strategy", "Maybe"}};
  EXPECT_THAT(things.error(put), HasSubstr("must be Reject or Custom"));
  put["condition"]["conditionalCheckFailedHandler"] = {{"strategy", "Reject"},
                                                       {"lambdaArn", "arn:fn"}};
  EXPECT_THAT(things.error(put), StartsWith("DynamoDB:ConditionalCheckFailedException"));
  EXPECT_TRUE(things.functions->asked.empty()) << "Reject asks nobody";
}

TEST_F(DynamoDbSource, AnExpressionMayBeItsJsonText) {
  (void)things.result(put_thing("x", J(R"j({"v":{"N":1}})j")));
  const Json text = J(R"j({"expression":"(#v = :v_eq)", "expressionNames" : {"#v" : "v"},
             "expressionValues" : {
    ":v_eq" : { "N" : 1 }
  }
})j");
  EXPECT_EQ(things.result(put_thing("x", J(R"j({"v":{"N":5}})j"), text.dump())),
            J(R"j({"id":"x","v":5})j"));
  EXPECT_EQ(things.error(put_thing("x", J(R"j({"v":{"N":5}})j"), "not JSON")),
            "invalid: condition must be an object with an expression, or its JSON text");
}

TEST_F(DynamoDbSource, EmptyNamesAndValuesAreLeftOut) {
  Json condition = kNew;
  condition["expressionNames"] = Json::object();
  condition["expressionValues"] = Json::object();
  EXPECT_EQ(things.result(put_thing("x", J(R"j({"v":{"N":5}})j"), condition)),
            J(R"j({"id":"x","v":5})j"));
}

// ---- pages --------------------------------------------------------------------------------------

Json query_of(const char* channel) {
  return {{"operation", "Query"},
          {"query",
           {{"expression", "#c = :c"},
            {"expressionNames", {{"#c", "channel"}}},
            {"expressionValues", {{":c", {{"S", channel}}}}}}}};
}

TEST_F(DynamoDbSource, QueryGivesItemsTokenAndScannedCount) {
  for (int at = 1; at <= 3; ++at) put("a", at);
  put("b", 1);
  Json query = query_of("a");
  query["limit"] = 2;
  Json first = handler.result(query);
  EXPECT_EQ(first["items"].size(), 2u);
  EXPECT_EQ(first["scannedCount"], 2);
  ASSERT_TRUE(first["nextToken"].is_string());
  EXPECT_THAT(first["nextToken"].get<std::string>(), ::testing::Not(HasSubstr("channel")));
  query["nextToken"] = first["nextToken"];
  EXPECT_EQ(handler.result(query),
            J(R"j({"items":[{"channel":"a","at":3,"user":"ann","n":3}],"nextToken":null,
                "scannedCount":1})j"));
  query = query_of("a");
  query["scanIndexForward"] = false;
  EXPECT_EQ(handler.result(query)["items"][0]["at"], 3);
}

TEST_F(DynamoDbSource, LimitCountsItemsBeforeTheFilter) {
  for (int at = 1; at <= 4; ++at) put("a", at);
  Json query = query_of("a");
  query["limit"] = 3;
  query["filter"] = J(R"j({"expression":"#n > :n","expressionNames":{"#n":"n"},
                        "expressionValues":{":n":{"N":2}}})j");
  const Json page = handler.result(query);
  EXPECT_EQ(page["items"].size(), 1u);
  EXPECT_EQ(page["scannedCount"], 3);
  EXPECT_TRUE(page["nextToken"].is_string());
}

TEST_F(DynamoDbSource, APlaceholderMayMeanTwoThingsInTwoExpressions) {
  for (int at = 1; at <= 4; ++at) put("a", at);
  Json query = query_of("a");
  query["filter"] = J(R"j({"expression":"#c >= :c","expressionNames":{"#c":"n"},
                        "expressionValues":{":c":{"N":3}}})j");
  query["projection"] = J(R"j({"expression":"#c","expressionNames":{"#c":"at"}})j");
  EXPECT_EQ(handler.result(query)["items"], J(R"j([{"at":3},{"at":4}])j"));
}

TEST_F(DynamoDbSource, QueryReadsAnIndexAndSelects) {
  put("a", 1, "ann");
  put("b", 2, "ann");
  put("b", 3, "bob");
  Json query = query_of("ann");
  query["query"]["expressionNames"]["#c"] = "user";
  query["index"] = "byUser";
  query["select"] = "ALL_PROJECTED_ATTRIBUTES";
  EXPECT_EQ(handler.result(query)["items"].size(), 2u);
  query["select"] = "SPECIFIC_ATTRIBUTES";
  query["projection"] = {{"expression", "n"}};
  EXPECT_EQ(handler.result(query)["items"], J(R"j([{"n":1},{"n":2}])j"));
  query.erase("select");
  EXPECT_EQ(handler.result(query)["items"], J(R"j([{"n":1},{"n":2}])j"));
}

TEST_F(DynamoDbSource, ATokenOpensOnlyWhereItWasMade) {
  for (int at = 1; at <= 3; ++at) put("a", at);
  Json query = query_of("a");
  query["limit"] = 1;
  const Json token = handler.result(query)["nextToken"];
  const std::string bad = "BadRequestException: Invalid pagination token given.";
  query["nextToken"] = token;
  EXPECT_EQ(handler.ask(query, "other").error_message, "Invalid pagination token given.");
  query["index"] = "byUser";
  EXPECT_EQ(handler.error(query), bad);
  EXPECT_EQ(things.error({{"operation", "Scan"}, {"nextToken", token}}), bad);
  query.erase("index");
  std::string changed = token.get<std::string>();
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& text :
       {changed, std::string("AAAA"), std::string("?"), std::string(200'000, 'A')}) {
    query["nextToken"] = text;
    EXPECT_EQ(handler.error(query), bad);
  }
  query["nextToken"] = 5;
  EXPECT_EQ(handler.error(query), "invalid: nextToken must be a string");
}

TEST_F(DynamoDbSource, ScanReadsAllInSegmentsAndPages) {
  for (int at = 1; at <= 5; ++at) put(std::string(1, static_cast<char>('a' + at)), at);
  EXPECT_EQ(handler.result({{"operation", "Scan"}})["items"].size(), 5u);
  std::size_t found = 0;
  for (int segment = 0; segment < 2; ++segment) {
    Json scan = {{"operation", "Scan"}, {"totalSegments", 2}, {"segment", segment}, {"limit", 1.0}};
    for (int pages = 0; pages < 20; ++pages) {
      const Json page = handler.result(scan);
      ASSERT_TRUE(page.is_object()) << page;
      found += page["items"].size();
      if (page["nextToken"].is_null()) break;
      scan["nextToken"] = page["nextToken"];
    }
  }
  EXPECT_EQ(found, 5u);
  const Json filtered = handler.result(J(
      R"({"operation":"Scan","filter":{"expression":"n = :n","expressionValues":{":n":{"N":3}}}})"));
  EXPECT_EQ(filtered["items"].size(), 1u);
  EXPECT_EQ(filtered["scannedCount"], 5);
}

// ---- batches ------------------------------------------------------------------------------------

TEST_F(DynamoDbSource, BatchPutItemGivesBackTheItemsInOrder) {
  const Json put = J(R"j({"operation":"BatchPutItem","tables":{
      "things":[{"id":{"S":"z"},"n":{"N":1}},{"id":{"S":"a"},"n":{"N":2}}],
      "messages":[{"channel":{"S":"c"},"at":{"N":1}}]}})j");
  const Json expected = J(R"j({"data":{"things":[{"id":"z","n":1},{"id":"a","n":2}],
      "messages":[{"channel":"c","at":1}]},"unprocessedItems":{"things":[],"messages":[]}})j");
  EXPECT_EQ(handler.result(put), expected);
  EXPECT_EQ(things.result({{"operation", "Scan"}})["items"].size(), 2u);
}

TEST_F(DynamoDbSource, TwoItemsWithOneKeyInABatchAreRefused) {
  EXPECT_EQ(handler.error(J(R"j({"operation":"BatchPutItem","tables":{
                "messages":[{"channel":{"S":"c"},"at":{"N":1}},
                            {"channel":{"S":"c"},"at":{"N":"1.0"}}]}})j")),
            "DynamoDB:DynamoDbException: Provided list of item keys contains duplicates "
            "(Service: DynamoDb, Status Code: 400");
}

TEST_F(DynamoDbSource, BatchGetItemGivesNullForWhatIsMissing) {
  put("a", 1);
  put("a", 2);
  const Json keys = J(R"j([{"channel":{"S":"a"},"at":{"N":2}},{"channel":{"S":"a"},"at":{"N":9}},
                        {"channel":{"S":"a"},"at":{"N":1}}])j");
  const Json all = J(R"j([{"channel":"a","at":2,"user":"ann","n":2},null,
                       {"channel":"a","at":1,"user":"ann","n":1}])j");
  for (const Json& table : {keys, Json{{"keys", keys}, {"consistentRead", true}}}) {
    EXPECT_EQ(
        handler.result({{"operation", "BatchGetItem"}, {"tables", {{"messages", table}}}}),
        (Json{{"data", {{"messages", all}}}, {"unprocessedKeys", {{"messages", Json::array()}}}}))
        << table;
  }
}

TEST_F(DynamoDbSource, BatchGetItemFindsItsItemsInAProjectionWithoutTheKey) {
  put("a", 1);
  put("a", 2);
  Json get = J(R"j({"operation":"BatchGetItem","tables":{"messages":{
      "keys":[{"channel":{"S":"a"},"at":{"N":2}},{"channel":{"S":"a"},"at":{"N":1}}],
      "projection":{"expression":"n, #a","expressionNames":{"#a":"at"}}}}})j");
  EXPECT_EQ(handler.result(get)["data"]["messages"], J(R"j([{"n":2,"at":2},{"n":1,"at":1}])j"));
}

TEST_F(DynamoDbSource, BatchDeleteItemGivesBackTheKeys) {
  put("a", 1);
  EXPECT_EQ(handler.result(J(R"j({"operation":"BatchDeleteItem","tables":{"messages":[
                {"channel":{"S":"a"},"at":{"N":1}},{"channel":{"S":"a"},"at":{"N":2}}]}})j")),
            J(R"j({"data":{"messages":[{"channel":"a","at":1},{"channel":"a","at":2}]},
                "unprocessedKeys":{"messages":[]}})j"));
  EXPECT_EQ(handler.result({{"operation", "Scan"}})["items"].size(), 0u);
}

TEST_F(DynamoDbSource, WhatTheServiceLeavesUndoneIsListed) {
  handler.backend->next = dynamodb::Reply(
      std::string(R"({"UnprocessedItems":{"things":[{"PutRequest":{"Item":{"id":{"S":"b"}}}}]}})"));
  EXPECT_EQ(
      handler.result(J(R"j({"operation":"BatchPutItem","tables":{
                "things":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}})j")),
      J(R"j({"data":{"things":[{"id":"a"},null]},"unprocessedItems":{"things":[{"id":"b"}]}})j"));
  handler.backend->next = dynamodb::Reply(std::string(
      R"({"Responses":{"things":[]},"UnprocessedKeys":{"things":{"Keys":[{"id":{"S":"b"}}]}}})"));
  EXPECT_EQ(
      handler.result(J(R"j({"operation":"BatchGetItem","tables":{"things":[{"id":{"S":"b"}}]}})j")),
      J(R"j({"data":{"things":[null]},"unprocessedKeys":{"things":[{"id":"b"}]}})j"));
}

// ---- transactions -------------------------------------------------------------------------------

TEST_F(DynamoDbSource, TransactWriteItemsGivesTheKeys) {
  EXPECT_EQ(handler.result(J(R"j({"operation":"TransactWriteItems","transactItems":[
      {"table":"things","operation":"PutItem","key":{"id":{"S":"a"}},
       "attributeValues":{"v":{"N":1}}},
      {"table":"messages","operation":"UpdateItem","key":{"channel":{"S":"c"},"at":{"N":1}},
       "update":{"expression":"SET v = :v","expressionValues":{":v":{"N":1}}}},
      {"table":"things","operation":"DeleteItem","key":{"id":{"S":"gone"}}},
      {"table":"things","operation":"ConditionCheck","key":{"id":{"S":"none"}},
       "condition":{"expression":"attribute_not_exists(id)"
}
}]
})j")),
            J(R"j({"keys":[{"id":"a"},{"channel":"c","at":1},{"id":"gone"},{"id":"none"}],
                "cancellationReasons":null})j"));
  EXPECT_EQ(things.result({{"operation", "Scan"}})["items"], J(R"j([{"id":"a","v":1}])j"));
}

Json failing_transaction() {
  return J(R"j({"operation":"TransactWriteItems","transactItems":[
      {"table":"things","operation":"PutItem","key":{"id":{"S":"b"}},"attributeValues":{}},
      {"table":"things","operation":"ConditionCheck","key":{"id":{"S":"a"}},
       "condition":{"expression":"v = :v","expressionValues":{":v":{"N":7}}}}]})j");
}

TEST_F(DynamoDbSource, ACancelledTransactionHasErrorAndReasons) {
  (void)things.result(put_thing("a", J(R"j({"v":{"N":1}})j")));
  DataSourceAnswer answer = handler.ask(failing_transaction());
  EXPECT_EQ(answer.error_type, "DynamoDB:TransactionCanceledException");
  EXPECT_THAT(answer.error_message,
              StartsWith("Transaction cancelled, please refer cancellation reasons for specific "
                         "reasons [None, ConditionalCheckFailed] (Service: DynamoDb"));
  EXPECT_EQ(Json::parse(answer.result),
            J(R"j({"keys":null,"cancellationReasons":[{"type":"None","message":"None"},
                {"type":"ConditionCheckFailed","message":"The condition check failed.",
                 "item":{"id":"a","v":1}}]})j"));
  EXPECT_EQ(things.result({{"operation", "Scan"}})["items"].size(), 1u) << "all or nothing";
  Json without = failing_transaction();
  without["transactItems"][1]["condition"]["returnValuesOnConditionCheckFailure"] = false;
  answer = handler.ask(without);
  EXPECT_FALSE(Json::parse(answer.result)["cancellationReasons"][1].contains("item"));
}

TEST_F(DynamoDbSource, TwoActionsOnOneItemCancelTheTransaction) {
  const DataSourceAnswer answer = handler.ask(J(R"j({"operation":"TransactWriteItems",
      "transactItems":[{"table":"things","operation":"DeleteItem","key":{"id":{"S":"a"}}},
                       {"table":"things","operation":"DeleteItem","key":{"id":{"S":"a"}}}]})j"));
  EXPECT_EQ(answer.error_type, "DynamoDB:TransactionCanceledException");
  EXPECT_EQ(Json::parse(answer.result), J(R"j({"keys":null,"cancellationReasons":null})j"));
}

TEST_F(DynamoDbSource, TransactGetItemsGivesNullForWhatIsMissing) {
  put("a", 1);
  EXPECT_EQ(handler.result(J(R"j({"operation":"TransactGetItems","transactItems":[
      {"table":"things","key":{"id":{"S":"none"}}},
      {"table":"messages","key":{"channel":{"S":"a"},"at":{"N":1}},
       "projection":{"expression":"n"}}]})j")),
            J(R"j({"items":[null,{"n":1}],"cancellationReasons":null})j"));
}

// ---- errors -------------------------------------------------------------------------------------

TEST_F(DynamoDbSource, ErrorsHaveTheServicesNamesAndTexts) {
  const std::string tail = " (Service: DynamoDb, Status Code: 400";
  HandlerRequests nowhere(tables, "nowhere");
  const Json get = J(R"j({"operation":"GetItem","key":{"id":{"S":"a"}}})j");
  EXPECT_EQ(nowhere.error(get),
            "DynamoDB:ResourceNotFoundException: Requested resource not found" + tail);
  EXPECT_EQ(
      handler.error(get),
      "DynamoDB:DynamoDbException: The provided key element does not match the schema" + tail);
  EXPECT_EQ(things.error(J(R"j({"operation":"UpdateItem","key":{"id":{"S":"a"}},"update":{
                "expression":"SET n = n + :v","expressionValues":{":v":{"N":1}}}})j")),
            "DynamoDB:DynamoDbException: The provided expression refers to an attribute that does "
            "not exist in the item" +
                tail);
  EXPECT_THAT(things.error(J(R"j({"operation":"PutItem","key":{"id":{"N":1}}})j")),
              HasSubstr("Type mismatch for key id expected: S actual: N"));
  EXPECT_THAT(things.error(J(R"j({"operation":"PutItem","key":{"id":{"S":"a"}},
                               "attributeValues":{"n":{"N":"1e999"}}})j")),
              StartsWith("DynamoDB:DynamoDbException: "));
  Json many = {{"operation", "BatchPutItem"}};
  for (int i = 0; i < 26; ++i) {
    many["tables"]["things"].push_back({{"id", {{"S", std::to_string(i)}}}});
  }
  EXPECT_EQ(
      things.error(many),
      "DynamoDB:DynamoDbException: Too many items requested for the BatchWriteItem call" + tail);
}

TEST_F(DynamoDbSource, AnEndpointsFailuresKeepTheirNameStatusAndId) {
  const Json get = J(R"j({"operation":"GetItem","key":{"id":{"S":"a"}}})j");
  const auto answered = [&](const char* type, const char* text) {
    things.backend->next = dynamodb::Reply(dynamodb::Failure(type, text));
    const DataSourceAnswer answer = things.ask(get);
    return answer.error_type + ": " + answer.error_message;
  };
  EXPECT_EQ(answered("ProvisionedThroughputExceededException", "slow"),
            "DynamoDB:ProvisionedThroughputExceededException: slow (Service: DynamoDb, Status "
            "Code: 400, Request ID: SERVICEID)");
  EXPECT_EQ(answered("InternalServerError", "oh"),
            "DynamoDB:InternalServerErrorException: oh (Service: DynamoDb, Status Code: 500, "
            "Request ID: SERVICEID)");
  EXPECT_EQ(answered("AccessDeniedException", "no"),
            "DynamoDB:DynamoDbException: no (Service: DynamoDb, Status Code: 400, Request ID: "
            "SERVICEID)");
  EXPECT_EQ(answered("SdkClientException", "Unable to reach the DynamoDB endpoint"),
            "DynamoDB:SdkClientException: Unable to reach the DynamoDB endpoint");
  things.backend->next = dynamodb::Reply(std::string("<html>"));
  EXPECT_THAT(things.error(get), StartsWith("DynamoDB:SdkClientException"));
}

// ---- shapes -------------------------------------------------------------------------------------

TEST_F(DynamoDbSource, RequestsOfTheWrongShapeFailTheHandler) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("text")", "invalid: the request must be an object"},
      {R"([])", "invalid: the request must be an object"},
      {R"({})", "invalid: operation is missing"},
      {R"({"operation":5})", "invalid: operation must be a string"},
      {R"({"operation":"Invoke"})", "invalid: operation \"Invoke\" is none of GetItem, "},
      {R"({"operation":"Sync"})", "invalid: operation Sync is for versioned data sources"},
      {R"({"operation":"GetItem"})", "invalid: key is missing"},
      {R"({"operation":"GetItem","key":"a"})", "invalid: key must be an object"},
      {R"({"operation":"GetItem","key":{"id":"a"}})", "invalid: key.id is no attribute value"},
      {R"({"operation":"GetItem","key":{"id":{}}})", "invalid: key.id is no attribute value"},
      {R"({"operation":"GetItem","key":{"id":{"S":"a","N":1}}})",
       "invalid: key.id is no attribute value"},
      {R"({"operation":"GetItem","key":{"id":{"S":5}}})", "invalid: key.id is no attribute value"},
      {R"({"operation":"GetItem","key":{"id":{"S":"a"}},"consistentRead":"yes"})",
       "invalid: consistentRead must be true or false"},
      {R"({"operation":"UpdateItem","key":{"id":{"S":"a"}}})", "invalid: update is missing"},
      {R"({"operation":"UpdateItem","key":{"id":{"S":"a"}},"update":{}})",
       "invalid: update.expression is missing"},
      {R"({"operation":"UpdateItem","key":{"id":{"S":"a"}},"update":{"expression":"SET a = :a",
           "expressionValues":{":a":5}}})",
       "invalid: update.expressionValues.:a is no attribute value"},
      {R"({"operation":"UpdateItem","key":{"id":{"S":"a"}},"update":{"expression":"REMOVE #a",
           "expressionNames":{"#a":5}}})",
       "invalid: update.expressionNames.#a must be a string"},
      {R"({"operation":"Query"})", "invalid: query is missing"},
      {R"({"operation":"Scan","limit":"5"})", "invalid: limit must be a whole number"},
      {R"({"operation":"Scan","limit":1.5})", "invalid: limit must be a whole number"},
      {R"({"operation":"BatchPutItem"})", "invalid: tables is missing"},
      {R"({"operation":"BatchPutItem","tables":{"t":{}}})", "invalid: tables.t must be an array"},
      {R"({"operation":"BatchPutItem","tables":{"t":[{"a":1}]}})",
       "invalid: tables.t[0].a is no attribute value"},
      {R"({"operation":"BatchGetItem","tables":{"t":{}}})", "invalid: tables.t.keys is missing"},
      {R"({"operation":"BatchDeleteItem","tables":{"t":[5]}})",
       "invalid: tables.t[0] must be an object of attribute values"},
      {R"({"operation":"TransactGetItems"})", "invalid: transactItems is missing"},
      {R"({"operation":"TransactWriteItems","transactItems":[{"table":"t"}]})",
       "invalid: transactItems[0].operation is missing"},
      {R"({"operation":"TransactWriteItems","transactItems":[{"table":"t","operation":"GetItem"}]})",
       "invalid: transactItems[0].operation must be PutItem, UpdateItem, DeleteItem or "},
      {R"({"operation":"TransactWriteItems","transactItems":[{"table":"t",
           "operation":"ConditionCheck","key":{"id":{"S":"a"}}}]})",
       "invalid: transactItems[0].condition is missing"},
  };
  for (const auto& [request, expected] : cases) {
    EXPECT_THAT(things.error(Json::parse(request)), StartsWith(expected)) << request;
  }
  EXPECT_EQ(things.ask_text("{").invalid_request, "the request is not valid JSON in UTF-8");
  EXPECT_EQ(things.ask_text("\"\xff\"").invalid_request, "the request is not valid JSON in UTF-8");
}

TEST_F(DynamoDbSource, MembersThatAreNullAreAbsent) {
  EXPECT_EQ(things.result(J(R"j({"operation":"Scan","limit":null,"nextToken":null,"filter":null,
                              "index":null,"select":null,"projection":null,"consistentRead":null,
                              "totalSegments":null,"segment":null})j"))["scannedCount"],
            0);
  EXPECT_EQ(
      things.result(J(R"j({"operation":"PutItem","key":{"id":{"S":"a"}},"attributeValues":null,
                              "condition":null})j")),
      J(R"j({"id":"a"})j"));
}

TEST_F(DynamoDbSource, AnEndpointGetsDynamoDbsOwnFormOfValues) {
  (void)things.result(J(R"j({"operation":"PutItem","key":{"id":{"S":"a"}},"attributeValues":{
      "n":{"N":5},"z":{"NULL":null},"ns":{"NS":[2,1]}}})j"));
  EXPECT_EQ(things.backend->request,
            J(R"j({"TableName":"things","Item":{"id":{"S":"a"},"n":{"N":"5"},"z":{"NULL":true},
                "ns":{"NS":["1","2"]}}})j"));
}

}  // namespace
}  // namespace eventsd::data::dynamodb_source
