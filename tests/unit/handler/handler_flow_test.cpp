// From a request to the answer: what is called, with what, and what an end of it means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>

#include "handler/direct_handler.hpp"
#include "handler/js_handler.hpp"
#include "handler/namespace_handler.hpp"
#include "handler/redactor.hpp"

namespace eventsd::handler {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using End = CodeOutcome::End;
using Form = CodeModule::Form;

// Answers with what it was given, in order; records what it was asked.
class FakeRunner final : public CodeRunner {
 public:
  Task<CodeOutcome> run(CodeCall call) override {
    calls.push_back(std::move(call));
    CodeOutcome outcome = std::move(outcomes.front());
    outcomes.pop_front();
    co_return outcome;
  }
  Pressure pressure() const override { return Pressure::high; }
  void add(End end, std::string value, std::string stash = "{}") {
    CodeOutcome outcome;
    outcome.end = end;
    outcome.value = std::move(value);
    outcome.stash = std::move(stash);
    outcomes.push_back(std::move(outcome));
  }
  std::vector<std::string> functions() const {
    std::vector<std::string> names;
    for (const CodeCall& call : calls) names.push_back(call.function);
    return names;
  }
  std::deque<CodeOutcome> outcomes;
  std::vector<CodeCall> calls;
};

class FakeSource final : public DataSource {
 public:
  Task<DataSourceAnswer> call(DataSourceCall call) override {
    calls.push_back(std::move(call));
    co_return answer;
  }
  DataSourceAnswer answer = DataSourceAnswer::success("null");
  std::vector<DataSourceCall> calls;
};

HandlerRequest request_for(Operation operation) {
  HandlerRequest request;
  request.operation = operation;
  request.namespace_name = "default";
  request.channel = "/default/a";
  request.request_id = "r-1";
  if (operation == Operation::publish) request.events = {{"a", "1"}, {"b", "2"}};
  return request;
}

Result<HandledEvents> ask(Handler& handler, Operation operation) {
  Result<HandledEvents> result = fail(ErrorKind::internal, "never answered");
  TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
  tasks.spawn(
      [](Handler& asked, HandlerRequest request, Result<HandledEvents>& into) -> Task<void> {
        into = co_await asked.handle(std::move(request));
      }(handler, request_for(operation), result));
  EXPECT_EQ(tasks.running(), 0u);
  return result;
}

class JsHandlerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Handler> make(Form publish, Form subscribe,
                                std::chrono::milliseconds wall_time = std::chrono::seconds(30)) {
    auto module = std::make_shared<CodeModule>();
    module->on_publish = publish;
    module->on_subscribe = subscribe;
    return make_js_handler({module, 7, "api", source_, source_, wall_time}, runner_);
  }
  FakeRunner runner_;
  std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>();
};

TEST_F(JsHandlerTest, HandlesWhatTheModuleExports) {
  const auto handler = make(Form::function, Form::absent);
  EXPECT_TRUE(handler->handles(Operation::publish));
  EXPECT_FALSE(handler->handles(Operation::subscribe));
  EXPECT_EQ(handler->pressure(), Pressure::high);
}

TEST_F(JsHandlerTest, AFunctionIsCalledOnceAndAsksNobody) {
  runner_.add(End::value, R"([{"id":"b","payload":3}])");
  const auto events = ask(*make(Form::function, Form::absent), Operation::publish);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().payload, "3");
  EXPECT_THAT(runner_.functions(), ElementsAre("onPublish"));
  EXPECT_EQ(runner_.calls[0].namespace_key, 7u);
  EXPECT_THAT(source_->calls, IsEmpty());
}

TEST_F(JsHandlerTest, AnObjectAsksItsSourceBetweenRequestAndResponse) {
  runner_.add(End::value, R"({"operation":"GetItem"})", R"({"n":1})");
  runner_.add(End::value, R"([{"id":"a","payload":0}])");
  source_->answer = DataSourceAnswer::success(R"({"item":1})");
  ASSERT_TRUE(ask(*make(Form::object, Form::absent), Operation::publish));
  EXPECT_THAT(runner_.functions(), ElementsAre("onPublish.request", "onPublish.response"));
  ASSERT_EQ(source_->calls.size(), 1u);
  EXPECT_EQ(source_->calls[0].request, R"({"operation":"GetItem"})");
  EXPECT_EQ(source_->calls[0].request_id, "r-1");
  EXPECT_EQ(source_->calls[0].api_id, "api");
  const json context = json::parse(runner_.calls[1].context);
  EXPECT_EQ(context["result"]["item"], 1);
  EXPECT_EQ(context["stash"]["n"], 1);
  EXPECT_EQ(context["events"][0]["payload"], 1);
  EXPECT_EQ(runner_.calls[0].deadline, runner_.calls[1].deadline);
  EXPECT_EQ(runner_.calls[0].deadline, source_->calls[0].deadline);
}

TEST_F(JsHandlerTest, AFailureOfTheSourceDoesNotStopTheHandler) {
  runner_.add(End::value, "{}");
  runner_.add(End::value, "[]");
  source_->answer = DataSourceAnswer::failure("Lambda:Unhandled", "boom");
  ASSERT_TRUE(ask(*make(Form::object, Form::absent), Operation::publish));
  const json context = json::parse(runner_.calls[1].context);
  EXPECT_EQ(context["error"], (json{{"message", "boom"}, {"type", "Lambda:Unhandled"}}));
  EXPECT_TRUE(context["result"].is_null());
}

TEST_F(JsHandlerTest, ARequestOfTheWrongShapeFailsTheHandler) {
  runner_.add(End::value, "{}");
  source_->answer = DataSourceAnswer::invalid("no operation");
  const auto events = ask(*make(Form::object, Form::absent), Operation::publish);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().kind, ErrorKind::handler_failed);
  EXPECT_THAT(events.error().reason, HasSubstr("no operation"));
  EXPECT_THAT(runner_.functions(), ElementsAre("onPublish.request"));
}

TEST_F(JsHandlerTest, ARequestThatReturnsNothingFailsTheHandler) {
  runner_.add(End::value, "");
  const auto events = ask(*make(Form::object, Form::absent), Operation::publish);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().kind, ErrorKind::handler_failed);
  EXPECT_THAT(source_->calls, IsEmpty());
}

TEST_F(JsHandlerTest, EarlyReturnInRequestIsTheAnswer) {
  runner_.add(End::early_return, R"([{"id":"a","payload":9}])");
  const auto events = ask(*make(Form::object, Form::absent), Operation::publish);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->front().payload, "9");
  EXPECT_THAT(source_->calls, IsEmpty());
  EXPECT_THAT(runner_.functions(), ElementsAre("onPublish.request"));
}

TEST_F(JsHandlerTest, NoResponseIsBegunWhenTheTimeIsUp) {
  runner_.add(End::value, "{}");
  const auto handler = make(Form::object, Form::absent, std::chrono::milliseconds(0));
  const auto events = ask(*handler, Operation::publish);
  ASSERT_FALSE(events);
  EXPECT_THAT(events.error().reason, HasSubstr("limits.handler.wallTime"));
  EXPECT_THAT(runner_.functions(), ElementsAre("onPublish.request"));
}

TEST_F(JsHandlerTest, OfASubscribeOnlyTheErrorCounts) {
  for (const char* value : {"", "null", "\"text\"", "{}", "[1]", "false"}) {
    runner_.add(End::value, value);
    EXPECT_TRUE(ask(*make(Form::absent, Form::function), Operation::subscribe)) << value;
  }
  runner_.add(End::unauthorized, "");
  EXPECT_FALSE(ask(*make(Form::absent, Form::function), Operation::subscribe));
}

TEST_F(JsHandlerTest, EveryStopHasItsError) {
  const std::pair<End, ErrorKind> rows[] = {{End::error, ErrorKind::handler_refused},
                                            {End::unauthorized, ErrorKind::handler_unauthorized},
                                            {End::crashed, ErrorKind::handler_failed},
                                            {End::limit, ErrorKind::handler_failed},
                                            {End::overloaded, ErrorKind::overloaded}};
  for (const auto& [end, kind] : rows) {
    for (const Form form : {Form::function, Form::object}) {
      runner_.add(end, "");
      runner_.outcomes.back().message = "text";
      runner_.outcomes.back().type = "Type";
      const auto events = ask(*make(form, Form::absent), Operation::publish);
      ASSERT_FALSE(events);
      EXPECT_EQ(events.error().kind, kind);
      const bool told = kind == ErrorKind::handler_refused;
      EXPECT_EQ(events.error().message, told ? "text" : "");
      EXPECT_EQ(events.error().type, told ? "Type" : "");
    }
  }
}

class DirectHandlerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Handler> make(InvokeType type = InvokeType::request_response) {
    return make_direct_handler({function_, "api", type, std::chrono::seconds(30),
                                [this](std::function<Task<void>()> work, std::size_t bytes) {
                                  spawned_.push_back(std::move(work));
                                  spawned_bytes_ += bytes;
                                  return true;
                                }});
  }
  std::shared_ptr<FakeSource> function_ = std::make_shared<FakeSource>();
  std::vector<std::function<Task<void>()>> spawned_;
  std::size_t spawned_bytes_ = 0;
};

TEST_F(DirectHandlerTest, InvokesTheFunctionWithTheWholeContext) {
  function_->answer = DataSourceAnswer::success(R"({"events":[{"id":"a","payload":{"n":1}}]})");
  const auto events = ask(*make(), Operation::publish);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->front().payload, R"({"n":1})");
  ASSERT_EQ(function_->calls.size(), 1u);
  const json invocation = json::parse(function_->calls[0].request);
  EXPECT_EQ(invocation["operation"], "Invoke");
  EXPECT_EQ(invocation["invocationType"], "RequestResponse");
  EXPECT_TRUE(invocation["payload"]["identity"].is_null());
  EXPECT_EQ(invocation["payload"]["events"][1]["id"], "b");
}

TEST_F(DirectHandlerTest, AFunctionThatFailsFailsTheRequest) {
  function_->answer = DataSourceAnswer::failure("Lambda:Unhandled", "boom");
  for (const Operation operation : {Operation::publish, Operation::subscribe}) {
    const auto events = ask(*make(), operation);
    ASSERT_FALSE(events);
    EXPECT_EQ(events.error().kind, ErrorKind::handler_failed);
    EXPECT_THAT(events.error().message, IsEmpty());
  }
}

TEST_F(DirectHandlerTest, AsksWhetherASubscriberMayComeIn) {
  EXPECT_TRUE(ask(*make(), Operation::subscribe));
  function_->answer = DataSourceAnswer::success(R"({"error":"not you"})");
  const auto refused = ask(*make(), Operation::subscribe);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "not you");
  function_->answer = DataSourceAnswer::success("true");
  EXPECT_EQ(ask(*make(), Operation::subscribe).error().kind, ErrorKind::handler_failed);
}

TEST_F(DirectHandlerTest, AnEventIsNotWaitedFor) {
  const auto events = ask(*make(InvokeType::event), Operation::publish);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[1].payload, "2");
  EXPECT_THAT(function_->calls, IsEmpty());
  ASSERT_EQ(spawned_.size(), 1u);
  TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
  tasks.spawn(spawned_[0]());
  ASSERT_EQ(function_->calls.size(), 1u);
  EXPECT_EQ(spawned_bytes_, function_->calls[0].request.size());
  const json invocation = json::parse(function_->calls[0].request);
  EXPECT_EQ(invocation["invocationType"], "Event");
  EXPECT_EQ(invocation["payload"]["events"].size(), 2u);
  EXPECT_TRUE(ask(*make(InvokeType::event), Operation::subscribe));
}

TEST(NamespaceHandlerTest, CountsByOperationAndError) {
  struct Fixed final : Handler {
    Result<HandledEvents> answer = HandledEvents{};
    bool handles(Operation) const override { return true; }
    Task<Result<HandledEvents>> handle(HandlerRequest) override { co_return answer; }
  };
  HandlerCounts counts;
  const auto fixed = std::make_shared<Fixed>();
  const auto handler = make_namespace_handler({fixed, nullptr}, counts);
  EXPECT_TRUE(handler->handles(Operation::publish));
  EXPECT_FALSE(handler->handles(Operation::subscribe));
  ASSERT_TRUE(ask(*handler, Operation::publish));
  for (const ErrorKind kind : {ErrorKind::handler_refused, ErrorKind::handler_unauthorized,
                               ErrorKind::handler_failed, ErrorKind::overloaded}) {
    fixed->answer = fail(kind);
    ASSERT_FALSE(ask(*handler, Operation::publish));
  }
  EXPECT_EQ(counts.publish.invocations, 5u);
  EXPECT_EQ(counts.publish.refused, 1u);
  EXPECT_EQ(counts.publish.unauthorized, 1u);
  EXPECT_EQ(counts.publish.failed, 1u);
  EXPECT_EQ(counts.publish.overloaded, 1u);
  EXPECT_EQ(counts.subscribe.invocations, 0u);
  std::uint64_t in_buckets = 0;
  for (const auto& bucket : counts.publish.durations) in_buckets += bucket;
  EXPECT_EQ(in_buckets, 5u);
}

TEST(Redactor, TakesOutSecretsAlsoAsTheyStandInJson) {
  EXPECT_EQ(redact(R"({"key":"da2-secret","other":"a\"b\\c"})", {"da2-secret", "a\"b\\c"}),
            R"({"key":"********","other":"********"})");
  EXPECT_EQ(redact("Bearer ey.x.y, ey.x.y", {"Bearer ey.x.y", "ey.x.y"}), "********, ********");
  EXPECT_EQ(redact("abc", {"abc", ""}), "abc");
}

TEST(Redactor, KeepsALineOneLine) { EXPECT_EQ(redact("a\nb\x1b[1m", {}), "a b [1m"); }

}  // namespace
}  // namespace eventsd::handler
