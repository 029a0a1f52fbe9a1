// conditionalCheckFailedHandler {strategy: Custom}: a function decides about a write whose
// condition failed.
#include "data/dynamodb_source/custom_strategy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/data/support/handler_requests.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using test::HandlerRequests;
using test::Tables;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kArn = "arn:aws:lambda:eu-central-1:000000000000:function:judge";

Json J(const char* text) { return Json::parse(text); }

class CustomStrategy : public ::testing::Test {
 protected:
  CustomStrategy() {
    (void)things.result(J(R"j({"operation":"PutItem","key":{"id":{"S":"1"}},
                             "attributeValues":{"name":{"S":"Eve"},"version":{"N":8}}})j"));
  }
  // A write that expects version 1, and asks the function when it meets another.
  Json write(const char* members) const {
    Json request = J(members);
    request["key"] = J(R"j({"id":{"S":"1"}})j");
    request["condition"] = J(R"j({"expression":"version = :expected",
                               "expressionValues":{":expected":{"N":1}}})j");
    request["condition"]["conditionalCheckFailedHandler"] = {{"strategy", "Custom"},
                                                             {"lambdaArn", kArn}};
    return request;
  }
  Json put() const {
    return write(R"j({"operation":"PutItem",
                    "attributeValues":{"name":{"S":"Ann"},"version":{"N":2}}})j");
  }
  Json update() const {
    return write(R"j({"operation":"UpdateItem","update":{"expression":"SET #n = :n",
                    "expressionNames":{"#n":"name"},"expressionValues":{":n":{"S":"Ann"}}}})j");
  }
  Json remove() const { return write(R"j({"operation":"DeleteItem"})j"); }
  void says(const Json& answer) { functions.answer = DataSourceAnswer::success(answer.dump()); }
  Json stored() { return things.result(J(R"j({"operation":"GetItem","key":{"id":{"S":"1"}}})j")); }

  Tables tables{{{"things", "id:S", {}, {}, {}, {}}}};
  HandlerRequests things{tables, "things"};
  test::RecordingFunctions& functions = *things.functions;
};

TEST_F(CustomStrategy, TheFunctionIsToldOfRequestItemTableAndCaller) {
  things.identity = std::make_shared<const std::string>(R"({"sub":"ann"})");
  const Json request = put();
  (void)things.ask(request);
  EXPECT_THAT(functions.asked, ElementsAre(kArn));
  EXPECT_EQ(functions.event, (Json{{"arguments", Json::object()},
                                   {"requestMapping", request},
                                   {"currentValue", J(R"j({"id":{"S":"1"},"name":{"S":"Eve"},
                                                         "version":{"N":8}})j")},
                                   {"resolver", J(R"j({"tableName":"things",
                                                     "awsRegion":"eu-central-1","parentType":"chat",
                                                     "field":"onPublish","outputType":null})j")},
                                   {"identity", J(R"j({"sub":"ann"})j")}}));
}

TEST_F(CustomStrategy, NumbersOfTheItemAreNumbersHoweverDeep) {
  (void)things.result(J(R"j({"operation":"PutItem","key":{"id":{"S":"1"}},"attributeValues":{
      "l":{"L":[{"N":1},{"M":{"n":{"N":"2.50"}}}]},"ns":{"NS":[1,2]},"b":{"BOOL":true},
      "e":{"L":[]},"nul":{"NULL":true}}})j"));
  (void)things.ask(update());
  EXPECT_EQ(functions.event["currentValue"],
            J(R"j({"id":{"S":"1"},"l":{"L":[{"N":1},{"M":{"n":{"N":2.5}}}]},"ns":{"NS":[1,2]},
                "b":{"BOOL":true},"e":{"L":[]},"nul":{"NULL":true}})j"));
  EXPECT_EQ(functions.event["identity"], nullptr) << "a caller with an API key has none";
}

TEST_F(CustomStrategy, AnUpdateOfWhatIsNotThereHasNoCurrentValue) {
  Json request = update();
  request["key"]["id"]["S"] = "other";
  EXPECT_THAT(things.error(request), StartsWith("DynamoDB:ConditionalCheckFailedException"));
  EXPECT_EQ(functions.event["currentValue"], nullptr);
}

TEST_F(CustomStrategy, NobodyIsAskedWhenTheWriteHasBeenDone) {
  Json request = put();
  request["attributeValues"] = J(R"j({"name":{"S":"Eve"},"version":{"N":2}})j");
  request["condition"]["equalsIgnore"] = {"version"};
  EXPECT_EQ(things.result(request), J(R"j({"id":"1","name":"Eve","version":8})j"));
  Json gone = remove();
  gone["key"]["id"]["S"] = "gone";
  EXPECT_EQ(things.result(gone), nullptr);
  Json fits = put();
  fits["condition"]["expressionValues"] = J(R"j({":expected":{"N":8}})j");
  EXPECT_EQ(things.result(fits)["version"], 2);
  EXPECT_THAT(functions.asked, IsEmpty());
}

TEST_F(CustomStrategy, RejectIsTheConditionsError) {
  says({{"action", "reject"}});
  for (const Json& request : {put(), update(), remove()}) {
    EXPECT_EQ(things.error(request),
              "DynamoDB:ConditionalCheckFailedException: The conditional request failed (Service: "
              "DynamoDb, Status Code: 400");
  }
  EXPECT_EQ(functions.asked.size(), 3u);
  EXPECT_EQ(stored()["name"], "Eve");
}

TEST_F(CustomStrategy, DiscardIsSuccessWithTheItemThatIsThere) {
  says({{"action", "discard"}});
  for (const Json& request : {put(), update(), remove()}) {
    EXPECT_EQ(things.result(request), J(R"j({"id":"1","name":"Eve","version":8})j"));
  }
  Json absent = update();
  absent["key"]["id"]["S"] = "other";
  EXPECT_EQ(things.result(absent), nullptr);
  EXPECT_EQ(stored()["version"], 8);
}

TEST_F(CustomStrategy, RetryIsTheSameOperationWithWhatTheFunctionSays) {
  const Json expect_8 = J(R"j({"expression":"version = :expected",
                             "expressionValues":{":expected":{"N":8}},"consistentRead":true})j");
  says({{"action", "retry"},
        {"retryMapping",
         {{"attributeValues", J(R"j({"name":{"S":"Ann"},"version":{"N":9}})j")},
          {"condition", expect_8},
          {"operation", "DeleteItem"},
          {"key", J(R"j({"id":{"S":"other"}})j")}}}});
  EXPECT_EQ(things.result(put()), J(R"j({"id":"1","name":"Ann","version":9})j"));
  EXPECT_EQ(stored()["version"], 9) << "operation and key stay as they were";

  says({{"action", "retry"}, {"retryMapping", {{"update", J(R"j({"expression":"ADD version :one",
                                          "expressionValues":{":one":{"N":1}}})j")}}}});
  EXPECT_EQ(things.result(update()), J(R"j({"id":"1","name":"Ann","version":10})j"));

  says({{"action", "retry"}, {"retryMapping", {{"condition", {{"consistentRead", true}}}}}});
  EXPECT_EQ(things.result(remove())["version"], 10);
  EXPECT_EQ(stored(), nullptr);
}

TEST_F(CustomStrategy, ARetryKeepsTheValuesThatItDoesNotName) {
  says({{"action", "retry"}, {"retryMapping", Json::object()}});
  EXPECT_EQ(things.result(put()), J(R"j({"id":"1","name":"Ann","version":2})j"));
}

TEST_F(CustomStrategy, ARetryWhoseConditionFailsIsRejectedWithoutAskingAgain) {
  Json again = put();
  says({{"action", "retry"},
        {"retryMapping",
         {{"attributeValues", again["attributeValues"]}, {"condition", again["condition"]}}}});
  EXPECT_EQ(things.error(put()),
            "DynamoDB:ConditionalCheckFailedException: The conditional request failed (Service: "
            "DynamoDb, Status Code: 400");
  EXPECT_EQ(functions.asked.size(), 1u);
}

TEST_F(CustomStrategy, ARetryThatDynamoDbRefusesHasItsError) {
  says({{"action", "retry"}, {"retryMapping", {{"update", {{"expression", "SET nonsense"}}}}}});
  EXPECT_THAT(things.error(update()), StartsWith("DynamoDB:DynamoDbException: "));
}

TEST_F(CustomStrategy, WhatIsNoDecisionIsARejectionThatSaysWhy) {
  const std::pair<DataSourceAnswer, const char*> cases[] = {
      {DataSourceAnswer::success("null"), "its answer has no action"},
      {DataSourceAnswer::success("[1]"), "its answer has no action"},
      {DataSourceAnswer::success(R"({"action":5})"), "its answer has no action"},
      {DataSourceAnswer::success(R"({"action":"maybe"})"), "its action \"maybe\" is none of "},
      {DataSourceAnswer::success(R"({"action":")" + std::string(65, 'm') + R"("})"),
       "its action is none of "},
      {DataSourceAnswer::success(R"({"action":"retry"})"), "its retry has no retryMapping"},
      {DataSourceAnswer::success(R"({"action":"retry","retryMapping":{"update":5}})"),
       "its retryMapping is invalid: update must be an object"},
      {DataSourceAnswer::failure("Lambda:Unhandled", "boom"), "Lambda:Unhandled: boom"},
  };
  for (const auto& [answer, why] : cases) {
    functions.answer = answer;
    const std::string error = things.error(update());
    EXPECT_THAT(error, StartsWith("DynamoDB:ConditionalCheckFailedException: The conditional "
                                  "request failed; the function arn:aws:lambda:"));
    EXPECT_THAT(error, HasSubstr(why));
  }
  EXPECT_EQ(stored()["name"], "Eve");
}

TEST_F(CustomStrategy, DecidesByWhatTheItemIsWhenTheRetryIsDone) {
  // Another write comes in between: the retry's condition sees it.
  functions.meanwhile = [this] {
    things.backend->next = dynamodb::Reply(
        dynamodb::Failure("ConditionalCheckFailedException", "The conditional request failed",
                          R"("Item":{"id":{"S":"1"},"name":{"S":"Ann"},"version":{"N":"9"}})"));
  };
  says({{"action", "retry"},
        {"retryMapping",
         {{"attributeValues", J(R"j({"name":{"S":"Ann"},"version":{"N":10}})j")},
          {"condition", J(R"j({"expression":"version = :v","expressionValues":{":v":{"N":8}},
                             "equalsIgnore":["version"]})j")}}}});
  EXPECT_EQ(things.result(put()), J(R"j({"id":"1","name":"Ann","version":9})j"))
      << "equalsIgnore is the retry's own";
}

}  // namespace
}  // namespace eventsd::data::dynamodb_source
