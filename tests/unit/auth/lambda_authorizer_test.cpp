#include "auth/lambda_authorizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "unit/auth/support/lambda_endpoint.hpp"

namespace eventsd::auth {
namespace {

using test::LambdaEndpoint;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kYes = R"({"isAuthorized":true,"handlerContext":{"user":"u1"}})";
// The clock of the tests, ahead of the true one.
std::chrono::milliseconds ahead{0};
std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now() + ahead; }

constexpr const char* kNo = R"({"isAuthorized":false})";

// Shard, auth executor and function share one loop and one thread, so that tests say what happens
// when.
class LambdaAuthorizerTest : public ::testing::Test {
 protected:
  LambdaAuthorizerTest() {
    endpoint_.function = [](const std::string&) { return kYes; };
    ahead = 0ms;
    options_.source = {"api1", "000000000000"};
    options_.function = endpoint_.address();
  }
  ~LambdaAuthorizerTest() override {
    endpoint_.stop();
    context_.restart();
    context_.poll();
  }

  LambdaAuthorizer& authorizer() {
    if (!authorizer_) authorizer_ = make_lambda_authorizer(options_, environment_);
    return *authorizer_;
  }
  static AuthorizationRequest question(std::string token = "custom-token",
                                       std::string channel = "/news/latest") {
    AuthorizationRequest request;
    request.operation = Operation::subscribe;
    request.namespace_name = "news";
    request.channel = std::move(channel);
    request.credentials.authorization = std::move(token);
    request.source_ip = "192.0.2.1";
    return request;
  }
  using Answer = std::optional<Result<Identity>>;

  // Begins to ask; the answer is there when it has come.
  std::shared_ptr<Answer> begin(AuthorizationRequest request) {
    auto answer = std::make_shared<Answer>();
    tasks_.spawn([](LambdaAuthorizer& whom, AuthorizationRequest what,
                    std::shared_ptr<Answer> into) -> Task<void> {
      Result<Identity> identity = co_await whom.authorize(std::move(what));
      into->emplace(std::move(identity));
    }(authorizer(), std::move(request), answer));
    return answer;
  }
  void run_until(const std::function<bool()>& is_done) {
    context_.restart();
    while (!is_done() && context_.run_one_for(5s) > 0) {
    }
    ASSERT_TRUE(is_done()) << "nothing happened for too long";
  }
  Result<Identity> ask(AuthorizationRequest request) {
    const auto answer = begin(std::move(request));
    run_until([&] { return answer->has_value(); });
    return answer->has_value() ? **answer : fail(ErrorKind::internal, "no answer");
  }
  Result<Identity> ask() { return ask(question()); }
  std::string reason_of(const Result<Identity>& answer) {
    EXPECT_FALSE(answer);
    if (answer) return {};
    EXPECT_EQ(answer.error().kind, ErrorKind::unauthorized);
    EXPECT_EQ(answer.error().message, "") << "the client learns no reason";
    return answer.error().reason;
  }

  boost::asio::io_context context_{1};
  Executor executor_ = [this](std::function<void()> work) {
    boost::asio::post(context_, std::move(work));
  };
  ExecutorScope scope_{executor_};
  FailureThrottle throttle_{{}, nullptr};
  CacheCounts counts_;
  LambdaEnvironment environment_{executor_, context_, throttle_, counts_, &now};
  LambdaEndpoint endpoint_{context_};
  LambdaAuthorizerOptions options_;
  std::shared_ptr<LambdaAuthorizer> authorizer_;
  TaskGroup tasks_{[](std::exception_ptr) { FAIL(); }};
};

TEST_F(LambdaAuthorizerTest, GrantsWithTheContextOfTheFunction) {
  const Result<Identity> answer = ask();
  ASSERT_TRUE(answer) << answer.error().reason;
  EXPECT_EQ(answer->mode, AuthMode::lambda);
  EXPECT_EQ(*answer->document, R"({"handlerContext":{"user":"u1"}})");
  ASSERT_EQ(endpoint_.events().size(), 1u);
  const auto event = nlohmann::json::parse(endpoint_.events()[0]);
  EXPECT_EQ(event.at("authorizationToken"), "custom-token");
  EXPECT_EQ(event.at("requestContext").at("operation"), "EVENT_SUBSCRIBE");
}

TEST_F(LambdaAuthorizerTest, RefusesWhatTheFunctionRefuses) {
  endpoint_.function = [](const std::string&) { return kNo; };
  EXPECT_THAT(reason_of(ask()), HasSubstr("answered isAuthorized: false"));
}

TEST_F(LambdaAuthorizerTest, RefusesWhenTheFunctionAnswersNothing) {
  endpoint_.function = [](const std::string&) { return "{}"; };
  EXPECT_THAT(reason_of(ask()), HasSubstr("isAuthorized is missing"));
}

TEST_F(LambdaAuthorizerTest, RefusesWhenTheFunctionThrowsWhateverItsPayloadSays) {
  endpoint_.extra_headers = "X-Amz-Function-Error: Unhandled\r\n";
  EXPECT_THAT(reason_of(ask()), HasSubstr("function auth failed"));
  endpoint_.function = [](const std::string&) {
    return R"({"errorType":"Error","errorMessage":"no custom-token"})";
  };
  EXPECT_THAT(reason_of(ask()), HasSubstr("Error: no ***"));
}

TEST_F(LambdaAuthorizerTest, RefusesWhenTheEndpointFails) {
  endpoint_.status = 500;
  EXPECT_THAT(reason_of(ask()), HasSubstr("answered 500"));
}

TEST_F(LambdaAuthorizerTest, RefusesWhenNobodyListens) {
  authorizer();
  endpoint_.stop();
  EXPECT_THAT(reason_of(ask()), HasSubstr("cannot be asked"));
}

TEST_F(LambdaAuthorizerTest, RefusesWhenTheFunctionIsTooSlow) {
  options_.limits.time = 50ms;
  endpoint_.is_silent = true;
  EXPECT_THAT(reason_of(ask()), HasSubstr("did not answer within 50 ms"));
}

TEST_F(LambdaAuthorizerTest, RefusesATokenThatDoesNotMatchWithoutACall) {
  options_.token_pattern = *Pattern::compile("^custom-[a-z]+$", Pattern::Match::part);
  EXPECT_THAT(reason_of(ask(question("other"))), HasSubstr("identityValidationExpression"));
  EXPECT_TRUE(endpoint_.events().empty());
  EXPECT_TRUE(ask(question("custom-token")));
}

TEST_F(LambdaAuthorizerTest, HasNothingToAskAboutAMalformedChannel) {
  AuthorizationRequest request = question();
  request.namespace_name = request.channel = "";
  EXPECT_EQ(ask(request).error().kind, ErrorKind::forbidden);
  EXPECT_TRUE(endpoint_.events().empty());
}

TEST_F(LambdaAuthorizerTest, AsksEachTimeWithoutATtl) {
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 2u);
  EXPECT_EQ(counts_.hits, 0u);
  EXPECT_EQ(counts_.misses, 2u);
}

TEST_F(LambdaAuthorizerTest, AsksOnceWithATtl) {
  options_.result_ttl = 60s;
  ASSERT_TRUE(ask());
  const Result<Identity> again = ask();
  ASSERT_TRUE(again);
  EXPECT_EQ(*again->document, R"({"handlerContext":{"user":"u1"}})");
  EXPECT_EQ(endpoint_.events().size(), 1u);
  EXPECT_EQ(counts_.hits, 1u);
  ASSERT_TRUE(ask(question("another-token")));
  ASSERT_TRUE(ask(question("custom-token", "/news/*")));
  EXPECT_EQ(endpoint_.events().size(), 3u);
}

TEST_F(LambdaAuthorizerTest, KeepsARefusalToo) {
  options_.result_ttl = 60s;
  endpoint_.function = [](const std::string&) { return kNo; };
  EXPECT_FALSE(ask());
  EXPECT_FALSE(ask());
  EXPECT_EQ(endpoint_.events().size(), 1u);
}

TEST_F(LambdaAuthorizerTest, DoesNotKeepAFailure) {
  options_.result_ttl = 60s;
  endpoint_.status = 503;
  EXPECT_FALSE(ask());
  endpoint_.status = 200;
  EXPECT_TRUE(ask());
}

TEST_F(LambdaAuthorizerTest, LetsTheAnswerOverrideTheTtl) {
  options_.result_ttl = 60s;
  endpoint_.function = [](const std::string&) {
    return R"({"isAuthorized":true,"ttlOverride":0})";
  };
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 2u);
  options_.result_ttl = 0s;
  authorizer_ = nullptr;
  endpoint_.function = [](const std::string&) {
    return R"({"isAuthorized":true,"ttlOverride":9})";
  };
  ASSERT_TRUE(ask());
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 3u);
}

TEST_F(LambdaAuthorizerTest, AsksAgainWhenAnAnswerHasExpired) {
  endpoint_.function = [](const std::string&) {
    return R"({"isAuthorized":true,"ttlOverride":1})";
  };
  ASSERT_TRUE(ask());
  ahead = 1001ms;
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 2u);
}

TEST_F(LambdaAuthorizerTest, SharesNoAnswersWithItsPredecessor) {
  options_.result_ttl = 60s;
  ASSERT_TRUE(ask());
  authorizer_ = nullptr;  // a reload that changed it
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 2u);
}

TEST_F(LambdaAuthorizerTest, KeepsNoMoreAnswersThanItMay) {
  options_.result_ttl = 60s;
  options_.limits.cached_bytes = 0;
  options_.limits.cached_answers = 0;
  ASSERT_TRUE(ask());
  // The thread's own copy is still there.
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 1u);
  for (int i = 0; i < 2'001; ++i) ASSERT_TRUE(ask(question("t" + std::to_string(i))));
  ASSERT_TRUE(ask());
  EXPECT_EQ(endpoint_.events().size(), 2'003u);
}

TEST_F(LambdaAuthorizerTest, AsksOnceForAllWhoAskTheSameAtATime) {
  endpoint_.is_silent = true;
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(begin(question()));
  const auto other = begin(question("another-token"));
  run_until([&] { return endpoint_.events().size() == 2; });
  EXPECT_EQ(counts_.joined, 19u);
  for (const auto& answer : answers) EXPECT_FALSE(answer->has_value());
  endpoint_.is_silent = false;
  endpoint_.release();
  run_until([&] { return tasks_.running() == 0; });
  for (const auto& answer : answers) EXPECT_TRUE(answer->has_value() && **answer);
  EXPECT_TRUE(**other);
  EXPECT_EQ(endpoint_.events().size(), 2u);
}

TEST_F(LambdaAuthorizerTest, LimitsTheCallsAtATimeAndLetsTheRestWait) {
  options_.limits.concurrent_calls = 3;
  endpoint_.is_silent = true;
  for (int i = 0; i < 10; ++i) begin(question("t" + std::to_string(i)));
  run_until([&] { return endpoint_.events().size() == 3; });
  endpoint_.is_silent = false;
  endpoint_.release();
  run_until([&] { return tasks_.running() == 0; });
  EXPECT_EQ(endpoint_.events().size(), 10u);
  EXPECT_EQ(endpoint_.most_at_once(), 3u);
}

TEST_F(LambdaAuthorizerTest, AsksClientsToComeBackWhenTooManyWait) {
  options_.limits.concurrent_calls = 1;
  options_.limits.waiting_calls = 1;
  endpoint_.is_silent = true;
  begin(question("t1"));
  begin(question("t2"));
  EXPECT_EQ(ask(question("t3")).error().kind, ErrorKind::rate_limited);
  endpoint_.is_silent = false;
  run_until([&] {
    endpoint_.release();
    return tasks_.running() == 0;
  });
}

TEST_F(LambdaAuthorizerTest, AsksNobodyAboutWhoFailsAgainAndAgain) {
  endpoint_.function = [](const std::string&) { return kNo; };
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(ask());
  EXPECT_EQ(endpoint_.events().size(), 5u);
  for (int i = 0; i < 30; ++i) ask(question("guess" + std::to_string(i)));
  EXPECT_EQ(endpoint_.events().size(), 20u);
  EXPECT_EQ(ask(question("guess")).error().kind, ErrorKind::rate_limited);
}

TEST_F(LambdaAuthorizerTest, RefusesWhatWaitsWhenItIsClosed) {
  endpoint_.is_silent = true;
  const auto waiting = begin(question());
  run_until([&] { return endpoint_.events().size() == 1; });
  authorizer().close();
  run_until([&] { return waiting->has_value(); });
  EXPECT_THAT(reason_of(**waiting), HasSubstr("stopping"));
  EXPECT_THAT(reason_of(ask(question("later"))), HasSubstr("stopping"));
  EXPECT_EQ(endpoint_.events().size(), 1u);
}

// As in the daemon: several shards, one auth thread.
TEST(LambdaAuthorizerThreads, AnswerEveryShardOnItsOwnThread) {
  boost::asio::io_context auth{1};
  auto work = boost::asio::make_work_guard(auth);
  FailureThrottle throttle({}, nullptr);
  CacheCounts counts;
  LambdaEndpoint endpoint(auth);
  endpoint.function = [](const std::string&) {
    return R"({"isAuthorized":true,"ttlOverride":60})";
  };
  LambdaAuthorizerOptions options;
  options.function = endpoint.address();
  const auto authorizer = make_lambda_authorizer(
      options, {[&auth](std::function<void()> todo) { boost::asio::post(auth, std::move(todo)); },
                auth, throttle, counts});
  std::thread auth_thread([&auth] { auth.run(); });

  std::atomic<int> granted{0};
  // As in the daemon, the shards' loops are there until the auth thread has ended: it may still be
  // inside the post that woke them.
  std::array<boost::asio::io_context, 3> loops;
  std::vector<std::thread> shards;
  for (boost::asio::io_context& here : loops) {
    shards.emplace_back([&granted, &authorizer, &here] {
      auto here_work = boost::asio::make_work_guard(here);
      const ExecutorScope scope(
          [&here](std::function<void()> todo) { boost::asio::post(here, std::move(todo)); });
      TaskGroup tasks([](std::exception_ptr) { FAIL(); });
      tasks.on_idle([&here_work] { here_work.reset(); });
      for (int i = 0; i < 50; ++i) {
        tasks.spawn([](LambdaAuthorizer& whom, int number, std::atomic<int>& count,
                       std::thread::id shard) -> Task<void> {
          AuthorizationRequest request;
          request.credentials.authorization = "t" + std::to_string(number % 10);
          const Result<Identity> identity = co_await whom.authorize(std::move(request));
          if (identity && std::this_thread::get_id() == shard) ++count;
        }(*authorizer, i, granted, std::this_thread::get_id()));
      }
      here.run();
    });
  }
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(granted, 150);
  EXPECT_LE(endpoint.events().size(), 10u);
  boost::asio::post(auth, [&] { endpoint.stop(); });
  work.reset();
  auth_thread.join();
}

}  // namespace
}  // namespace eventsd::auth
