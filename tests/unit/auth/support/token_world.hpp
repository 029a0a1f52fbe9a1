// A shard and the authorization thread in one loop, with an issuer, and clocks that tests set.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <optional>

#include "auth/cognito.hpp"
#include "auth/jwks.hpp"
#include "auth/oidc.hpp"
#include "eventsd/executor.hpp"
#include "unit/auth/support/issuer_server.hpp"
#include "unit/auth/support/signer.hpp"

namespace eventsd::auth_test {

inline constexpr std::int64_t kNow = 1'800'000'000;

class TokenWorld : public ::testing::Test {
 protected:
  static inline std::int64_t unix_now = kNow;
  static inline std::chrono::steady_clock::time_point steady_now{std::chrono::hours(1)};

  static std::chrono::system_clock::time_point system_clock() {
    return std::chrono::system_clock::time_point(std::chrono::seconds(unix_now));
  }
  static std::chrono::steady_clock::time_point steady_clock() { return steady_now; }

  TokenWorld() { unix_now = kNow; }

  auth::KeyTimes times_;
  net::ConnectOptions connect_;
  boost::asio::io_context io_{1};
  ExecutorScope scope_{
      [this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }};

  // Runs the loop until `done` says so; false: it took more than ten seconds.
  template <typename Done>
  bool run_until(Done done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(100));
    }
    return true;
  }

  // The answer; nullopt when it did not come at once and the loop was not to run for it.
  enum class Patience : std::uint8_t { at_once, until_answered };
  std::optional<Result<Identity>> ask(Authorizer& authorizer, const std::string& authorization,
                                      const std::string& ip, Patience patience) {
    std::optional<Result<Identity>> answer;
    TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
    AuthorizationRequest request;
    request.credentials.authorization = authorization;
    request.source_ip = ip;
    tasks.spawn([](Task<Result<Identity>> task, auto& into) -> Task<void> {
      into.emplace(co_await task);
    }(authorizer.authorize(std::move(request)), answer));
    const bool at_once = answer.has_value();
    EXPECT_TRUE(run_until([&] { return tasks.running() == 0; }));
    if (answer->has_error()) {
      EXPECT_EQ(answer->error().kind, ErrorKind::unauthorized);
      EXPECT_EQ(answer->error().message, "");
      EXPECT_NE(answer->error().reason, "");
    }
    if (patience == Patience::at_once && !at_once) return std::nullopt;
    return answer;
  }
  Result<Identity> ask(Authorizer& authorizer, const std::string& authorization,
                       const std::string& ip = "192.0.2.1") {
    return *ask(authorizer, authorization, ip, Patience::until_answered);
  }
  std::optional<Result<Identity>> ask_at_once(Authorizer& authorizer,
                                              const std::string& authorization,
                                              const std::string& ip = "192.0.2.1") {
    return ask(authorizer, authorization, ip, Patience::at_once);
  }

  // "" when the token is accepted, else the reason.
  std::string reason(Authorizer& authorizer, const std::string& authorization) {
    const auto answer = ask(authorizer, authorization);
    return answer ? "" : answer.error().reason;
  }
};

}  // namespace eventsd::auth_test
