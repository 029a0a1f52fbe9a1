#include "core/event_api.hpp"

#include <gtest/gtest.h>

#include "unit/core/support/api_fixture.hpp"
#include "unit/core/support/fake_broker.hpp"

namespace eventsd::core {
namespace {

using test::key;

class EventApiTest : public ::testing::Test {
 protected:
  using Answer = std::optional<Result<PublishOutcome>>;
  static Task<void> into(Answer& answer, Task<Result<PublishOutcome>> task) {
    answer.emplace(co_await task);
  }
  void start(Answer& answer, PublishRequest request, OperationQueue::Slot* slot = nullptr) {
    tasks_.spawn(into(answer, publish(snapshot_, api_, broker_, std::move(request), slot)));
  }
  Result<PublishOutcome> publish_now(std::string channel, std::vector<std::string> events,
                                     Credentials credentials = key("good")) {
    Answer answer;
    start(answer, {std::move(channel),
                   test::events_of(events),
                   {std::move(credentials), "192.0.2.1", "request"}});
    return std::move(*answer);
  }
  static Task<void> into(Result<SubscribeGrant>& grant, Task<Result<SubscribeGrant>> task) {
    grant = co_await task;
  }
  Result<SubscribeGrant> subscribe(std::string channel, Credentials credentials = key("good")) {
    Result<SubscribeGrant> grant = fail(ErrorKind::internal);
    tasks_.spawn(
        into(grant, authorize_subscribe(api_, std::move(channel),
                                        {std::move(credentials), "192.0.2.1", "request"})));
    return grant;
  }
  test::FakeAuthorizer& authorizer() {
    return static_cast<test::FakeAuthorizer&>(*api_->authorizers[0]);
  }

  std::shared_ptr<Api> api_ = test::make_api();
  SnapshotPtr snapshot_ = test::make_snapshot(api_);
  test::FakeBroker broker_;
  TaskGroup tasks_{[](std::exception_ptr) { FAIL(); }};
};

TEST_F(EventApiTest, PublishesABatchToTheNormalisedChannel) {
  const auto outcome = publish_now("default/a/", {"1", "{}"});
  ASSERT_TRUE(outcome);
  ASSERT_EQ(broker_.published.size(), 1u);
  const EventBatch& batch = *broker_.published[0];
  EXPECT_EQ(batch.channel, "/default/a");
  ASSERT_EQ(batch.events.size(), 2u);
  EXPECT_EQ(batch.events[1].payload, "{}");
  EXPECT_GT(batch.bytes, batch.events[0].data_suffix.size());
}

TEST_F(EventApiTest, WritesOutWhatASocketsSignatureCovers) {
  auto iam = std::make_shared<test::FakeAuthorizer>(AuthMode::iam, "AWS4-HMAC-SHA256 x");
  api_->authorizers[static_cast<std::size_t>(AuthMode::iam)] = iam;
  EXPECT_FALSE(publish_now("default/a/", {R"({"<é>":"\\"})"}, test::token("AWS4-HMAC-SHA256 x")));
  EXPECT_FALSE(subscribe("default/*", test::token("AWS4-HMAC-SHA256 x")));
  ASSERT_EQ(iam->asked.size(), 2u);
  EXPECT_EQ(iam->asked[0].signed_body,
            R"({"channel":"default/a/","events":["{\"<é>\":\"\\\\\"}"]})");
  EXPECT_EQ(iam->asked[1].signed_body, R"({"channel":"default/*"})");
}

TEST_F(EventApiTest, LeavesAnHttpRequestsSignatureToTheRequestItself) {
  auto iam = std::make_shared<test::FakeAuthorizer>(AuthMode::iam, "AWS4-HMAC-SHA256 x");
  api_->authorizers[static_cast<std::size_t>(AuthMode::iam)] = iam;
  Credentials credentials = test::token("AWS4-HMAC-SHA256 x");
  credentials.http = std::make_shared<const HttpSource>();
  EXPECT_FALSE(publish_now("default/a", {"1"}, credentials));
  ASSERT_EQ(iam->asked.size(), 1u);
  EXPECT_EQ(iam->asked[0].signed_body, "");
}

TEST_F(EventApiTest, AnswersWithTheIdentifiersThatTheStoreKeeps) {
  const auto outcome = publish_now("/default/a", {"1", "2"});
  ASSERT_EQ(outcome->successful.size(), 2u);
  EXPECT_EQ(outcome->successful[1].identifier, broker_.published[0]->events[1].id);
  EXPECT_EQ(outcome->successful[1].index, 1u);
  EXPECT_NE(outcome->successful[0].identifier, outcome->successful[1].identifier);
}

TEST_F(EventApiTest, FailsOnlyTheEventsThatAreTooLarge) {
  const std::string large(snapshot_->limits().max_event_size + 1, '1');
  const std::string allowed(snapshot_->limits().max_event_size, '1');
  const auto outcome = publish_now("/default/a", {large, allowed, large});
  ASSERT_EQ(outcome->failed.size(), 2u);
  EXPECT_EQ(outcome->failed[1].index, 2u);
  EXPECT_EQ(outcome->failed[1].message, "Transformed event is larger than 240KB");
  ASSERT_EQ(outcome->successful.size(), 1u);
  EXPECT_EQ(outcome->successful[0].index, 1u);
}

TEST_F(EventApiTest, TroublesNoBrokerWhenNoEventIsLeft) {
  const std::string large(snapshot_->limits().max_event_size + 1, '1');
  ASSERT_TRUE(publish_now("/default/a", {large}));
  EXPECT_TRUE(broker_.published.empty());
}

TEST_F(EventApiTest, RefusesToPublishUnderFullPressure) {
  broker_.pressure_now = Pressure::full;
  EXPECT_EQ(publish_now("/default/a", {"1"}).error().kind, ErrorKind::overloaded);
  EXPECT_TRUE(broker_.published.empty());
}

TEST_F(EventApiTest, PublishesToNoWildcard) {
  EXPECT_EQ(publish_now("/default/*", {"1"}).error().kind, ErrorKind::bad_request);
}

TEST_F(EventApiTest, TellsAStrangerNothingAboutChannels) {
  for (const char* channel : {"/default/a", "/none/a", "not a channel"}) {
    EXPECT_EQ(publish_now(channel, {"1"}, key("bad")).error().kind, ErrorKind::unauthorized);
    EXPECT_EQ(publish_now(channel, {"1"}, {}).error().kind, ErrorKind::missing_credentials);
    EXPECT_EQ(subscribe(channel, key("bad")).error().kind, ErrorKind::unauthorized);
  }
}

TEST_F(EventApiTest, TellsAnUnknownNamespaceLikeAForbiddenOne) {
  api_->namespaces.emplace("closed", test::make_namespace("closed", 2, AuthModes{}));
  EXPECT_EQ(publish_now("/none/a", {"1"}).error().kind, ErrorKind::forbidden);
  EXPECT_EQ(publish_now("/closed/a", {"1"}).error().kind, ErrorKind::forbidden);
  EXPECT_EQ(subscribe("/none/a").error().kind, ErrorKind::forbidden);
  EXPECT_EQ(subscribe("/closed/a").error().kind, ErrorKind::forbidden);
}

TEST_F(EventApiTest, GivesThePublishesOfAConnectionToTheBrokerInTheirOrder) {
  OperationQueue queue;
  Completion<bool> gate;
  Answer first, second;
  std::optional<OperationQueue::Slot> one, two;
  one.emplace(queue, OperationQueue::Kind::publish, 1);
  two.emplace(queue, OperationQueue::Kind::publish, 1);
  authorizer().gate = &gate;
  start(first, {"/default/a", test::events_of({"1"}), {key("good"), "", ""}}, &*one);
  authorizer().gate = nullptr;
  start(second, {"/default/a", test::events_of({"2"}), {key("good"), "", ""}}, &*two);
  EXPECT_TRUE(broker_.published.empty());
  gate.complete(true);
  ASSERT_EQ(broker_.published.size(), 2u);
  EXPECT_EQ(broker_.published[0]->events[0].payload, "1");
  EXPECT_TRUE(first.has_value());
  EXPECT_FALSE(second.has_value());
  one.reset();  // answered
  EXPECT_TRUE(second.has_value());
}

TEST_F(EventApiTest, GrantsASubscriptionOfAWildcard) {
  const auto grant = subscribe("default/a/*");
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->channel.path(), "/default/a/*");
  EXPECT_EQ(grant->channel_namespace->name, "default");
  EXPECT_EQ(authorizer().asked.back().operation, Operation::subscribe);
}

TEST_F(EventApiTest, TellsWhoMaySubscribeThatTheChannelIsMalformed) {
  EXPECT_EQ(subscribe("not a channel").error().kind, ErrorKind::bad_request);
}

}  // namespace
}  // namespace eventsd::core
