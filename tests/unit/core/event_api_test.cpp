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
    tasks_.spawn(into(answer, publish(snapshot_->limits().max_event_size, api_, broker_,
                                      std::move(request), slot)));
  }
  Result<PublishOutcome> publish_now(std::string channel, std::vector<std::string> events,
                                     Credentials credentials = key("good")) {
    Answer answer;
    start(answer,
          {channel, test::events_of(events), {std::move(credentials), "192.0.2.1", "request"}});
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
  EXPECT_EQ(protocol::payload_of(batch.events[1]), "{}");
  EXPECT_EQ(batch.events[1].payload, "");  // nobody keeps it
  EXPECT_GT(batch.bytes, batch.events[0].data_suffix.size());
}

TEST_F(EventApiTest, KeepsTheTextOfEventsWhereHistoryNeedsIt) {
  auto kept = std::make_shared<ChannelNamespace>(*test::make_namespace("kept", 2));
  kept->history.emplace();
  api_->namespaces.emplace("kept", kept);
  ASSERT_TRUE(publish_now("kept/a", {R"({"a":"\"\n"})"}));
  EXPECT_EQ(broker_.published[0]->events[0].payload, R"({"a":"\"\n"})");
}

// The frame that they lie in is gone when an authorizer answers.
TEST_F(EventApiTest, CopiesCredentialsOutOfTheFrameBeforeItWaits) {
  Completion<bool> gate;
  authorizer().gate = &gate;
  Answer answer;
  {
    std::string frame = R"({"x-api-key":"good"})";
    protocol::CredentialsText credentials;
    credentials.object = frame;
    credentials.api_key.raw = std::string_view(frame).substr(14, 4);
    credentials.api_key.decoded_size = 4;
    start(answer, {"/default/a", test::events_of({"1"}), {{}, "", ""}, {}, credentials});
    frame.assign(frame.size(), '#');
  }
  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(authorizer().asked[0].credentials.object, R"({"x-api-key":"good"})");
  gate.complete(true);
  EXPECT_TRUE(answer.has_value() && answer->has_value());
}

TEST_F(EventApiTest, GrantsAKeyWhereItLies) {
  authorizer().at_once = true;
  protocol::CredentialsText credentials;
  credentials.object = R"({"x-api-key":"good"})";
  credentials.api_key.raw = "good";
  credentials.api_key.decoded_size = 4;
  Answer answer;
  start(answer, {"/default/a", test::events_of({"1"}), {{}, "", ""}, {}, credentials});
  EXPECT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_TRUE(authorizer().asked.empty());
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
  EXPECT_EQ(outcome->batch, broker_.published[0]);
  const Events& events = outcome->batch->events;
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].id.text().size(), 36u);
  EXPECT_EQ(events[1].index, 1u);
  EXPECT_NE(events[0].id, events[1].id);
}

TEST_F(EventApiTest, FailsOnlyTheEventsThatAreTooLarge) {
  const std::string large(snapshot_->limits().max_event_size + 1, '1');
  const std::string allowed(snapshot_->limits().max_event_size, '1');
  const auto outcome = publish_now("/default/a", {large, allowed, large});
  ASSERT_EQ(outcome->failed.size(), 2u);
  EXPECT_EQ(outcome->failed[1].index, 2u);
  EXPECT_EQ(outcome->failed[1].message, "Transformed event is larger than 240KB");
  ASSERT_EQ(outcome->batch->events.size(), 1u);
  EXPECT_EQ(outcome->batch->events[0].index, 1u);
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
  EXPECT_EQ(protocol::payload_of(broker_.published[0]->events[0]), "1");
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
