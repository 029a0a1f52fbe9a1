#include "app/authorizers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace eventsd::app {
namespace {

using ::testing::HasSubstr;

// A configuration with a provider of each mode.
Config every_mode() {
  Config config;
  config.lambda_functions.push_back({"auth", "http://127.0.0.1:9", {}});
  config.iam_users.push_back({"AKID", "secret", "", "alice", {{"Allow", {"*"}, {"*"}, {}}}, {}});
  ApiConfig& api = config.apis.emplace_back();
  api.id = "api1";
  api.name = "chat";
  for (const AuthMode mode :
       {AuthMode::api_key, AuthMode::iam, AuthMode::cognito, AuthMode::oidc, AuthMode::lambda}) {
    AuthProviderConfig& provider = api.auth_providers.emplace_back();
    provider.mode = mode;
    provider.cognito = {"us-east-1_abc", "us-east-1", "", "http://127.0.0.1:9/pool"};
    provider.open_id_connect.issuer = "http://127.0.0.1:9/issuer";
    provider.lambda.authorizer_uri = "auth";
  }
  return config;
}

class AuthorizersTest : public ::testing::Test {
 protected:
  using All = std::array<std::shared_ptr<Authorizer>, kAuthModeNames.size()>;
  Result<All> make(const Config& config) {
    const auto begun = authorizers_.begin(config);
    if (!begun) return begun.error();
    core::Api api;
    api.id = config.apis[0].id;
    api.name = config.apis[0].name;
    const auto equipped = authorizers_.equip(api, config.apis[0], config, {});
    if (!equipped) return equipped.error();
    authorizers_.end();
    return api.authorizers;
  }
  static const std::shared_ptr<Authorizer>& of(const All& all, AuthMode mode) {
    return all[static_cast<std::size_t>(mode)];
  }

  AuthThread thread_;
  Authorizers authorizers_{thread_};
};

TEST_F(AuthorizersTest, AreMadeForEveryMode) {
  const auto all = make(every_mode());
  ASSERT_TRUE(all) << all.error().message;
  for (const auto& one : *all) EXPECT_NE(one, nullptr);
}

TEST_F(AuthorizersTest, AreMadeOnlyForTheProvidersThatTheApiHas) {
  Config config = every_mode();
  config.apis[0].auth_providers.resize(2);
  const auto all = make(config);
  ASSERT_TRUE(all);
  EXPECT_EQ(of(*all, AuthMode::lambda), nullptr);
  EXPECT_EQ(of(*all, AuthMode::oidc), nullptr);
}

TEST_F(AuthorizersTest, StayOverAReloadThatDoesNotConcernThem) {
  const auto before = make(every_mode());
  Config config = every_mode();
  config.limits.max_event_size = 1000;
  config.apis[0].auth_providers[3].open_id_connect.client_id = "web";
  const auto after = make(config);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(of(*before, AuthMode::iam), of(*after, AuthMode::iam));
  EXPECT_EQ(of(*before, AuthMode::cognito), of(*after, AuthMode::cognito));
  EXPECT_EQ(of(*before, AuthMode::lambda), of(*after, AuthMode::lambda));
  EXPECT_NE(of(*before, AuthMode::oidc), of(*after, AuthMode::oidc));
}

TEST_F(AuthorizersTest, AreMadeAnewWhenWhatTheyAreMadeFromChanges) {
  const std::vector<std::function<void(Config&)>> changes = {
      [](Config& c) { c.lambda_functions[0].url = "http://127.0.0.1:10"; },
      [](Config& c) { c.apis[0].auth_providers[4].lambda.result_ttl = 5; },
      [](Config& c) { c.apis[0].auth_providers[4].lambda.identity_validation_expression = "x"; },
      [](Config& c) { c.outbound.allow_link_local = true; },
      [](Config& c) { c.outbound.credentials.access_key_id = "AKID"; },
      [](Config& c) { c.account_id = "111111111111"; },
  };
  for (const auto& change : changes) {
    const auto before = make(every_mode());
    Config config = every_mode();
    change(config);
    const auto after = make(config);
    ASSERT_TRUE(before && after);
    EXPECT_NE(of(*before, AuthMode::lambda), of(*after, AuthMode::lambda));
  }
  const auto before = make(every_mode());
  Config config = every_mode();
  config.iam_users[0].policy[0].resources = {"arn:*"};
  const auto after = make(config);
  EXPECT_NE(of(*before, AuthMode::iam), of(*after, AuthMode::iam));
}

TEST_F(AuthorizersTest, AreForgottenWhenNoConfigurationNamesThemAnyMore) {
  Config config = every_mode();
  std::weak_ptr<Authorizer> removed = of(*make(config), AuthMode::cognito);
  ASSERT_FALSE(removed.expired());
  std::erase_if(config.apis[0].auth_providers,
                [](const auto& provider) { return provider.mode == AuthMode::cognito; });
  ASSERT_TRUE(make(config));
  EXPECT_TRUE(removed.expired());
}

TEST_F(AuthorizersTest, NameTheApiTheModeAndTheFault) {
  Config config = every_mode();
  config.apis[0].auth_providers[4].lambda.authorizer_uri = "other";
  const auto unknown = make(config);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(
      unknown.error().message,
      HasSubstr("AWS_LAMBDA of API \"chat\": lambda.functions has no address for \"other\""));
  config = every_mode();
  config.apis[0].auth_providers[4].lambda.identity_validation_expression = "(";
  EXPECT_THAT(make(config).error().message, HasSubstr("identityValidationExpression"));
}

// A coroutine on a loop of its own that pauses through the auth thread.
class AuthThreadPause : public ::testing::Test {
 protected:
  void run(std::chrono::milliseconds delay, const std::function<void()>& meanwhile) {
    const ExecutorScope scope(
        [this](std::function<void()> work) { boost::asio::post(here_, std::move(work)); });
    auto work = boost::asio::make_work_guard(here_);
    TaskGroup tasks([](std::exception_ptr) { FAIL(); });
    tasks.on_idle([&work] { work.reset(); });
    const auto began = std::chrono::steady_clock::now();
    tasks.spawn([](AuthThread& thread, std::chrono::milliseconds wait) -> Task<void> {
      co_await thread.pause(wait);
    }(thread_, delay));
    meanwhile();
    here_.run();
    took_ = std::chrono::steady_clock::now() - began;
    thread_.stop();
  }
  boost::asio::io_context here_{1};
  AuthThread thread_;
  std::chrono::nanoseconds took_{0};
};

TEST_F(AuthThreadPause, LastsAtLeastAsLongAsItShould) {
  thread_.start();
  run(std::chrono::milliseconds(30), [] {});
  EXPECT_GE(took_, std::chrono::milliseconds(30));
}

TEST_F(AuthThreadPause, EndsAtOnceWhenTheDaemonStops) {
  thread_.start();
  run(std::chrono::hours(1), [this] { thread_.release_waiters(); });
  EXPECT_LT(took_, std::chrono::minutes(1));
}

}  // namespace
}  // namespace eventsd::app
