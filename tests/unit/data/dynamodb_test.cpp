#include "data/dynamodb/dynamodb.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "unit/data/support/tables.hpp"

namespace eventsd::data::dynamodb {
namespace {

using Json = nlohmann::json;
using test::Tables;

const TableSpec kMessages{.name = "messages",
                          .partition_key = "channel:S",
                          .sort_key = "at:N",
                          .ttl_attribute = "expires",
                          .indexes = {{"byUser", "user:S", "at:N"}}};

Json key(const std::string& channel, int at) {
  return {{"channel", {{"S", channel}}}, {"at", {{"N", std::to_string(at)}}}};
}

Json message(const std::string& channel, int at, const std::string& user = "") {
  Json item = key(channel, at);
  if (!user.empty()) item["user"] = {{"S", user}};
  return item;
}

void put(Tables& tables, const Json& item) {
  EXPECT_EQ(tables.ask("PutItem", Json{{"TableName", "messages"}, {"Item", item}}), Json::object());
}

Json query(Tables& tables, Json request) {
  request["TableName"] = "messages";
  return tables.ask("Query", request);
}

Json of_channel(const std::string& channel) {
  return {{"KeyConditionExpression", "channel = :c"},
          {"ExpressionAttributeValues", {{":c", {{"S", channel}}}}}};
}

std::vector<int> times(const Json& answer) {
  std::vector<int> result;
  for (const Json& item : answer.at("Items")) {
    result.push_back(std::stoi(item.at("at").at("N").get<std::string>()));
  }
  return result;
}

TEST(Tables, KeepItemsOverARestart) {
  Tables tables({kMessages});
  put(tables, message("a", 1, "u"));
  tables.reopen();
  EXPECT_EQ(tables.ask("GetItem", Json{{"TableName", "messages"}, {"Key", key("a", 1)}}).at("Item"),
            message("a", 1, "u"));
  EXPECT_EQ(tables.ask("ListTables", Json::object()).at("TableNames"), Json({"messages"}));
  EXPECT_EQ(tables.ask("GetItem", Json{{"TableName", "messages"}, {"Key", key("a", 2)}}),
            Json::object());
}

TEST(Tables, AnswerQueriesInKeyOrderPageByPage) {
  Tables tables({kMessages});
  for (const int at : {7, -3, 100, 20, 0, 5}) put(tables, message("a", at));
  put(tables, message("b", 1));
  Json request = of_channel("a");
  EXPECT_EQ(times(query(tables, request)), (std::vector<int>{-3, 0, 5, 7, 20, 100}));
  for (const bool forward : {true, false}) {
    request = of_channel("a");
    request["ScanIndexForward"] = forward;
    request["Limit"] = 4;
    Json first = query(tables, request);
    EXPECT_EQ(first.at("Count"), 4);
    request["ExclusiveStartKey"] = first.at("LastEvaluatedKey");
    const Json second = query(tables, request);
    EXPECT_EQ(times(second), forward ? (std::vector<int>{20, 100}) : (std::vector<int>{0, -3}));
    EXPECT_FALSE(second.contains("LastEvaluatedKey"));
  }
}

TEST(Tables, FollowItemsThroughTheirIndexes) {
  Tables tables({kMessages});
  put(tables, message("a", 1, "u"));
  put(tables, message("a", 2, "u"));
  put(tables, message("a", 3));  // not in the index
  const Json by_user = {{"IndexName", "byUser"},
                        {"KeyConditionExpression", "#u = :u"},
                        {"ExpressionAttributeNames", {{"#u", "user"}}},
                        {"ExpressionAttributeValues", {{":u", {{"S", "u"}}}}}};
  EXPECT_EQ(times(query(tables, by_user)), (std::vector<int>{1, 2}));
  tables.ask("UpdateItem", Json{{"TableName", "messages"},
                                {"Key", key("a", 1)},
                                {"UpdateExpression", "REMOVE #u"},
                                {"ExpressionAttributeNames", {{"#u", "user"}}}});
  tables.ask("DeleteItem", Json{{"TableName", "messages"}, {"Key", key("a", 2)}});
  put(tables, message("a", 3, "u"));
  EXPECT_EQ(times(query(tables, by_user)), (std::vector<int>{3}));
}

TEST(Tables, FillAnIndexThatTheConfigurationAdds) {
  TableSpec plain = kMessages;
  plain.indexes.clear();
  Tables tables({plain});
  put(tables, message("a", 1, "u"));
  tables.reopen({kMessages});
  const Json by_user = {{"IndexName", "byUser"},
                        {"KeyConditionExpression", "#u = :u"},
                        {"ExpressionAttributeNames", {{"#u", "user"}}},
                        {"ExpressionAttributeValues", {{":u", {{"S", "u"}}}}}};
  EXPECT_EQ(times(query(tables, by_user)), (std::vector<int>{1}));
}

TEST(Tables, RefuseAConfigurationThatDoesNotFit) {
  Tables tables({kMessages});
  TableSpec other = kMessages;
  other.sort_key = "id:S";
  other.indexes.clear();
  EXPECT_NE(tables.open({other}).find("exists with another key"), std::string::npos);
  other.partition_key = "channel";
  EXPECT_NE(tables.open({other}).find("is not NAME:TYPE"), std::string::npos);
  EXPECT_EQ(tables.open({kMessages}), "");
}

TEST(Tables, DeleteItemsWhoseTimeHasCome) {
  Tables tables({kMessages});
  const auto with_expiry = [&](int at, const std::string& seconds) {
    Json item = message("a", at, "u");
    item["expires"] = {{"N", seconds}};
    put(tables, item);
  };
  with_expiry(1, std::to_string(tables.now - 1));
  with_expiry(2, std::to_string(tables.now + 10));
  with_expiry(3, "12345");  // more than five years ago: left alone
  with_expiry(4, std::to_string(tables.now - 1) + ".5");
  Json text = message("a", 5);
  text["expires"] = {{"S", "12"}};
  put(tables, text);
  tables.expire();
  EXPECT_EQ(times(query(tables, of_channel("a"))), (std::vector<int>{2, 3, 5}));
  tables.now += 11;
  tables.expire();
  EXPECT_EQ(times(query(tables, of_channel("a"))), (std::vector<int>{3, 5}));
  EXPECT_EQ(
      tables.ask("DescribeTable", Json{{"TableName", "messages"}}).at("Table").at("ItemCount"), 2);
}

TEST(Tables, CountItemsAndBytes) {
  Tables tables({kMessages});
  put(tables, message("a", 1));
  put(tables, message("a", 1, "u"));
  put(tables, message("b", 1));
  tables.ask("DeleteItem", Json{{"TableName", "messages"}, {"Key", key("b", 1)}});
  const Json table = tables.ask("DescribeTable", Json{{"TableName", "messages"}}).at("Table");
  EXPECT_EQ(table.at("ItemCount"), 1);
  EXPECT_EQ(table.at("TableSizeBytes"), 7 + 1 + 2 + 2 + 4 + 1);
}

TEST(Tables, ScanInSegmentsThatMissNothing) {
  Tables tables({kMessages});
  for (int i = 0; i < 50; ++i) put(tables, message("c" + std::to_string(i), i));
  std::set<int> found;
  std::size_t count = 0;
  for (int segment = 0; segment < 4; ++segment) {
    Json request = {
        {"TableName", "messages"}, {"Segment", segment}, {"TotalSegments", 4}, {"Limit", 3}};
    while (true) {
      const Json answer = tables.ask("Scan", request);
      for (const int at : times(answer)) found.insert(at);
      count += answer.at("Count").get<std::size_t>();
      if (!answer.contains("LastEvaluatedKey")) break;
      request["ExclusiveStartKey"] = answer.at("LastEvaluatedKey");
    }
  }
  EXPECT_EQ(found.size(), 50U);
  EXPECT_EQ(count, 50U);
}

TEST(Tables, EndAPageAtOneMegabyte) {
  Tables tables({kMessages});
  for (int at = 0; at < 5; ++at) {
    Json item = message("a", at);
    item["body"] = {{"S", std::string(300'000, 'x')}};
    put(tables, item);
  }
  Json request = of_channel("a");
  request["ProjectionExpression"] = "#at";
  request["ExpressionAttributeNames"] = {{"#at", "at"}};
  request["FilterExpression"] = "attribute_exists(body)";
  Json answer = query(tables, request);
  EXPECT_EQ(times(answer), (std::vector<int>{0, 1, 2, 3}));
  request["ExclusiveStartKey"] = answer.at("LastEvaluatedKey");
  answer = query(tables, request);
  EXPECT_EQ(times(answer), (std::vector<int>{4}));
  EXPECT_FALSE(answer.contains("LastEvaluatedKey"));
}

TEST(Tables, CountUpExactlyUnderManyWriters) {
  Tables tables({kMessages});
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) {
        tables.ask("UpdateItem", Json{{"TableName", "messages"},
                                      {"Key", key("a", 1)},
                                      {"UpdateExpression", "ADD n :one"},
                                      {"ExpressionAttributeValues", {{":one", {{"N", "1"}}}}}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Json answer = tables.ask("GetItem", Json{{"TableName", "messages"}, {"Key", key("a", 1)}});
  EXPECT_EQ(answer.at("Item").at("n").at("N"), std::to_string(kThreads * kEach));
}

TEST(Tables, AskForPermissionFirst) {
  Tables tables({kMessages});
  std::vector<std::string> asked;
  const auto ask = [&](const std::string& operation, const Json& request) {
    std::promise<Reply> promise;
    tables.store().execute(
        operation, request.dump(), [&](Reply reply) { promise.set_value(std::move(reply)); },
        [&](std::string_view action, std::string_view resource) -> std::optional<Failure> {
          asked.push_back(std::string(action) + " " + std::string(resource));
          if (action != "dynamodb:DeleteItem") return std::nullopt;
          return Failure("AccessDeniedException", "no");
        });
    const Reply reply = promise.get_future().get();
    return reply ? std::string("yes") : reply.error().type;
  };
  const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/messages";
  EXPECT_EQ(ask("GetItem", {{"TableName", "messages"}, {"Key", key("a", 1)}}), "yes");
  EXPECT_EQ(asked.back(), "dynamodb:GetItem " + arn);
  const Json removal = {{"Delete", {{"TableName", arn}, {"Key", key("a", 1)}}}};
  EXPECT_EQ(ask("TransactWriteItems", {{"TransactItems", {removal}}}), "AccessDeniedException");
  EXPECT_EQ(asked.back(), "dynamodb:DeleteItem " + arn);
  EXPECT_EQ(ask("Scan", {{"TableName", "messages"}, {"IndexName", "byUser"}}), "yes");
  EXPECT_EQ(asked.back(), "dynamodb:Scan " + arn + "/index/byUser");
}

TEST(Tables, DamageIsReportedNotGuessedAt) {
  Tables tables({kMessages});
  tables.reopen();
  const std::filesystem::path file = tables.file();
  EXPECT_EQ(tables.store().trouble(), "");
  tables.store().stop();
  EXPECT_EQ(tables.ask("ListTables", Json::object()).at("error"), "InternalServerError");
  std::ofstream(file, std::ios::binary) << std::string(8192, 'x');
  EXPECT_NE(tables.open({}).find("cannot be used"), std::string::npos);
}

std::string ensure(Tables& tables, std::vector<TableSpec> specs) {
  std::promise<std::string> promise;
  tables.store().ensure_tables(std::move(specs), [&](const Result<void>& done) {
    promise.set_value(done ? "" : done.error().message);
  });
  return promise.get_future().get();
}

TEST(Tables, AreMadeAndChangedWhileTheStoreServes) {
  TableSpec plain = kMessages;
  plain.indexes.clear();
  Tables tables({plain});
  put(tables, message("a", 1, "ann"));
  TableSpec more = kMessages;
  more.name = "more";
  EXPECT_TRUE(tables.store().check_tables({kMessages, more}).has_value());
  EXPECT_EQ(ensure(tables, {kMessages, more}), "");
  EXPECT_EQ(tables.ask("ListTables", Json::object()).at("TableNames"), Json({"messages", "more"}));
  Json by_user = of_channel("ann");
  by_user["KeyConditionExpression"] = "#u = :c";
  by_user["ExpressionAttributeNames"] = {{"#u", "user"}};
  by_user["IndexName"] = "byUser";
  EXPECT_EQ(times(query(tables, by_user)), std::vector<int>{1}) << "the new index is filled";
  EXPECT_EQ(ensure(tables, {kMessages, more}), "") << "nothing to do";
}

TEST(Tables, OfAConfigurationAreMadeAllOrNone) {
  Tables tables({kMessages});
  TableSpec fresh = kMessages;
  fresh.name = "fresh";
  TableSpec other = kMessages;
  other.partition_key = "other:S";
  other.place = "eventsd.yaml:7:5";
  const Result<void> fits = tables.store().check_tables({fresh, other});
  ASSERT_FALSE(fits.has_value());
  EXPECT_EQ(fits.error().message.find("eventsd.yaml:7:5: dynamodb.tables: table \"messages\": "),
            0u);
  EXPECT_EQ(ensure(tables, {fresh, other}), fits.error().message);
  EXPECT_EQ(tables.ask("ListTables", Json::object()).at("TableNames"), Json({"messages"}));
}

TEST(Tables, CountTheirRequests) {
  Tables tables({kMessages});
  put(tables, message("a", 1));
  (void)tables.ask("GetItem", std::string("{}"));
  (void)tables.ask("Frobnicate\"}", Json::object());
  const std::string text = tables.store().metrics();
  for (const char* line : {"eventsd_dynamodb_requests_total{operation=\"PutItem\"} 1\n",
                           "eventsd_dynamodb_errors_total{operation=\"GetItem\"} 1\n",
                           "eventsd_dynamodb_errors_total{operation=\"unknown\"} 1\n",
                           "eventsd_dynamodb_request_duration_seconds_bucket{kind=\"write\","
                           "le=\"+Inf\"} 1\n",
                           "eventsd_dynamodb_request_duration_seconds_count{kind=\"read\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Tables, WhoseFileCannotBeUsedAnswerWithAnError) {
  const auto store = make_unusable_dynamodb("damaged");
  EXPECT_EQ(store->trouble(), "damaged");
  std::string type;
  store->execute("GetItem", "{}", [&](const Reply& reply) { type = reply.error().type; });
  EXPECT_EQ(type, "InternalServerError");
}

TEST(Tables, RefuseWhatIsNoRequest) {
  Tables tables({kMessages});
  EXPECT_EQ(tables.ask("Frobnicate", Json::object()).at("error"), "UnknownOperationException");
  EXPECT_EQ(tables.ask("GetItem", std::string("{")).at("error"), "SerializationException");
  EXPECT_EQ(tables.ask("GetItem", std::string("[]")).at("error"), "SerializationException");
}

}  // namespace
}  // namespace eventsd::data::dynamodb
