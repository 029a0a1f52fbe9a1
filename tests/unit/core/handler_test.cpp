// Handlers in the use cases: when they are asked, with what, and what their answers do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/event_api.hpp"
#include "core/handler_request.hpp"
#include "unit/core/support/api_fixture.hpp"
#include "unit/core/support/fake_broker.hpp"

namespace eventsd::core {
namespace {

using test::key;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class FakeHandler final : public Handler {
 public:
  bool handles(Operation) const override { return true; }
  Pressure pressure() const override { return pressure_now; }
  Task<Result<HandledEvents>> handle(HandlerRequest request) override {
    asked.push_back(request);
    if (gate) co_await *gate;
    co_return answer ? answer(request) : HandledEvents{};
  }
  std::function<Result<HandledEvents>(const HandlerRequest&)> answer;
  std::vector<HandlerRequest> asked;
  Completion<bool>* gate = nullptr;
  Pressure pressure_now = Pressure::none;
};

class HandlerUseTest : public ::testing::Test {
 protected:
  HandlerUseTest() { api_->handlers.emplace("default", handler_); }

  using Answer = std::optional<Result<PublishOutcome>>;
  static Task<void> into(Answer& answer, Task<Result<PublishOutcome>> task) {
    answer.emplace(co_await task);
  }
  static Task<void> into(Result<SubscribeGrant>& grant, Task<Result<SubscribeGrant>> task) {
    grant = co_await task;
  }
  void start(Answer& answer, std::vector<std::string> events, OperationQueue::Slot* slot = nullptr,
             Caller caller = good()) {
    tasks_.spawn(
        into(answer, publish(snapshot_->limits().max_event_size, api_, broker_,
                             {"/default/a", test::events_of(events), std::move(caller)}, slot)));
  }
  Result<PublishOutcome> publish_now(std::vector<std::string> events, Caller caller = good()) {
    Answer answer;
    start(answer, std::move(events), nullptr, std::move(caller));
    return std::move(*answer);
  }
  Result<SubscribeGrant> subscribe(Caller caller = good()) {
    Result<SubscribeGrant> grant = fail(ErrorKind::internal);
    tasks_.spawn(into(grant, authorize_subscribe(api_, "/default/*", std::move(caller))));
    return grant;
  }
  static Caller good() { return {key("good"), "192.0.2.1", "request"}; }

  std::shared_ptr<Api> api_ = test::make_api();
  std::shared_ptr<FakeHandler> handler_ = std::make_shared<FakeHandler>();
  SnapshotPtr snapshot_ = test::make_snapshot(api_);
  test::FakeBroker broker_;
  TaskGroup tasks_{[](std::exception_ptr) { FAIL(); }};
};

TEST_F(HandlerUseTest, ABatchIsOneCallWithTheIdsThatAreReported) {
  handler_->answer = [](const HandlerRequest& request) -> Result<HandledEvents> {
    return HandledEvents{{request.events[1].id, "\"second\"", {}},
                         {request.events[0].id, {}, "no"}};
  };
  const auto outcome = publish_now({"1", "2", "3"});
  ASSERT_TRUE(outcome);
  ASSERT_EQ(handler_->asked.size(), 1u);
  const HandlerRequest& asked = handler_->asked[0];
  EXPECT_EQ(asked.channel, "/default/a");
  EXPECT_EQ(asked.namespace_name, "default");
  EXPECT_EQ(asked.request_id, "request");
  ASSERT_EQ(asked.events.size(), 3u);
  ASSERT_EQ(broker_.published.size(), 1u);
  ASSERT_EQ(broker_.published[0]->events.size(), 1u);
  EXPECT_EQ(protocol::payload_of(broker_.published[0]->events[0]), "\"second\"");
  ASSERT_EQ(outcome->batch->events.size(), 1u);
  EXPECT_EQ(outcome->batch->events[0].index, 1u);
  EXPECT_EQ(outcome->batch->events[0].id, asked.events[1].id);
  ASSERT_EQ(outcome->failed.size(), 1u);
  EXPECT_EQ(outcome->failed[0].index, 0u);
  EXPECT_EQ(outcome->failed[0].message, "no");
  EXPECT_EQ(outcome->failed[0].code, "");
  EXPECT_EQ(outcome->dropped, 1u);
}

TEST_F(HandlerUseTest, AnEventThatGrewOverTheLimitHasFailed) {
  handler_->answer = [](const HandlerRequest& request) -> Result<HandledEvents> {
    return HandledEvents{{request.events[0].id, std::string(240 * 1024 + 1, '1'), {}}};
  };
  const auto outcome = publish_now({"1"});
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->failed.size(), 1u);
  EXPECT_EQ(outcome->failed[0].code, "EventTooLargeException");
  EXPECT_THAT(broker_.published, IsEmpty());
}

TEST_F(HandlerUseTest, WhoIsNotAuthorizedDoesNotReachTheHandler) {
  EXPECT_FALSE(publish_now({"1"}, {key("bad"), "192.0.2.1", "request"}));
  EXPECT_FALSE(subscribe({key("bad"), "192.0.2.1", "request"}));
  EXPECT_THAT(handler_->asked, IsEmpty());
}

TEST_F(HandlerUseTest, ARefusalIsTheAnswerAndNothingIsBroadcast) {
  handler_->answer = [](const HandlerRequest&) -> Result<HandledEvents> {
    return Error{ErrorKind::handler_refused, "no", "Type", {}};
  };
  const auto outcome = publish_now({"1"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "no");
  EXPECT_THAT(broker_.published, IsEmpty());
  const auto grant = subscribe();
  ASSERT_FALSE(grant);
  EXPECT_EQ(grant.error().type, "Type");
}

TEST_F(HandlerUseTest, ASubscribeShowsTheWildcard) {
  ASSERT_TRUE(subscribe());
  ASSERT_EQ(handler_->asked.size(), 1u);
  EXPECT_EQ(handler_->asked[0].channel, "/default/*");
  EXPECT_EQ(handler_->asked[0].operation, Operation::subscribe);
  EXPECT_THAT(handler_->asked[0].events, IsEmpty());
}

TEST_F(HandlerUseTest, OperationsThatOverlapKeepTheirOrder) {
  OperationQueue queue;
  Completion<bool> gate;
  handler_->answer = [](const HandlerRequest& request) -> Result<HandledEvents> {
    return HandledEvents{{request.events[0].id, request.events[0].payload, {}}};
  };
  std::optional<OperationQueue::Slot> first(std::in_place, queue, OperationQueue::Kind::publish, 0);
  std::optional<OperationQueue::Slot> second(std::in_place, queue, OperationQueue::Kind::publish,
                                             0);
  Answer one;
  Answer two;
  handler_->gate = &gate;
  start(one, {"1"}, &*first);
  handler_->gate = nullptr;
  start(two, {"2"}, &*second);
  EXPECT_EQ(handler_->asked.size(), 2u) << "both are under way";
  EXPECT_THAT(broker_.published, IsEmpty());
  gate.complete(true);
  ASSERT_TRUE(one);
  first.reset();
  ASSERT_TRUE(two);
  second.reset();
  ASSERT_EQ(broker_.published.size(), 2u);
  EXPECT_EQ(protocol::payload_of(broker_.published[0]->events[0]), "1");
  EXPECT_EQ(protocol::payload_of(broker_.published[1]->events[0]), "2");
}

TEST_F(HandlerUseTest, TheFullerQueueIsThePressure) {
  const ChannelNamespace& where = *api_->find_namespace("default");
  EXPECT_EQ(publish_pressure(*api_, broker_, where), Pressure::none);
  handler_->pressure_now = Pressure::high;
  EXPECT_EQ(publish_pressure(*api_, broker_, where), Pressure::high);
  broker_.pressure_now = Pressure::full;
  EXPECT_EQ(publish_pressure(*api_, broker_, where), Pressure::full);
}

TEST(HandlerRequestTest, MessageHeadersWinOverThoseOfTheHandshake) {
  Api api;
  api.domains = {"events.example.com"};
  Caller caller{key("da2-good"), "192.0.2.1", "request"};
  caller.credentials.object =
      R"({"host":"Events.Example.com:443","x-api-key":"da2-good","n":1,"X-Team":"red"})";
  caller.headers =
      std::make_shared<const HeaderList>(HeaderList{{"host", "other"},
                                                    {"x-team", "blue"},
                                                    {"x-more", "1"},
                                                    {"x-more", "2"},
                                                    {"sec-websocket-protocol", "header-secret"},
                                                    {"upgrade", "websocket"}});
  const HandlerRequest request =
      make_handler_request(api, Operation::subscribe, "default", "/default/a", caller);
  EXPECT_THAT(
      request.headers,
      UnorderedElementsAre(Pair("host", "Events.Example.com:443"), Pair("x-api-key", "da2-good"),
                           Pair("x-team", "red"), Pair("x-more", "1"), Pair("x-more", "2")));
  EXPECT_EQ(request.domain_name, "events.example.com");
}

TEST(HandlerRequestTest, KnowsTheSecretsOfTheRequest) {
  Caller caller{test::token("Bearer abc.def"), "192.0.2.1", "request"};
  caller.headers = std::make_shared<const HeaderList>(
      HeaderList{{"authorization", "Bearer abc.def"}, {"cookie", "session=1"}, {"accept", "x"}});
  const HandlerRequest request =
      make_handler_request({}, Operation::publish, "default", "/default/a", caller);
  EXPECT_THAT(request.secrets, UnorderedElementsAre("Bearer abc.def", "Bearer abc.def", "abc.def",
                                                    "abc.def", "session=1"));
  EXPECT_EQ(request.domain_name, "");
}

}  // namespace
}  // namespace eventsd::core
