// Shards on threads of their own, one authorization thread, and keys that are rotated meanwhile.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <thread>
#include <vector>

#include "auth/jwks.hpp"
#include "auth/oidc.hpp"
#include "unit/auth/support/issuer_server.hpp"
#include "unit/auth/support/signer.hpp"

namespace eventsd::auth {
namespace {

using auth_test::key_set;
using auth_test::TestKey;

struct Outcome {
  int accepted = 0;
  int refused = 0;
  int strayed = 0;  // resumed on another thread
};

// Every token, again and again until `is_enough`, as the connections of one shard would.
Task<void> ask_all(Authorizer& authorizer, const std::vector<std::string>& tokens,
                   const std::atomic<bool>& is_enough, Outcome& out) {
  const std::thread::id home = std::this_thread::get_id();
  do {
    for (const std::string& token : tokens) {
      AuthorizationRequest request;
      request.credentials.authorization = token;
      request.source_ip = "192.0.2.1";
      const Result<Identity> answer = co_await authorizer.authorize(std::move(request));
      ++(answer ? out.accepted : out.refused);
      if (std::this_thread::get_id() != home) ++out.strayed;
    }
    // Others get their turn although everything is in the cache.
    HandOff<bool> turn(current_executor(), [](HandOff<bool>::Done done) { done(true); });
    co_await turn;
  } while (!is_enough);
}

// `io` is the shard's loop. It outlives the threads that post to it, which may still be inside a
// post when the shard has ended.
Outcome run_shard(boost::asio::io_context& io, Authorizer& authorizer,
                  const std::vector<std::string>& tokens, const std::atomic<bool>& is_enough) {
  const ExecutorScope scope(
      [&io](std::function<void()> work) { boost::asio::post(io, std::move(work)); });
  auto work = boost::asio::make_work_guard(io);
  Outcome outcome;
  TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE(); });
  tasks.on_idle([&work] { work.reset(); });
  for (int i = 0; i < 4; ++i) tasks.spawn(ask_all(authorizer, tokens, is_enough, outcome));
  io.run();
  return outcome;
}

// Publishes the same keys in another order and spelling every few milliseconds, which replaces
// them under those who use them.
class Rotation {
 public:
  Rotation(boost::asio::io_context& io, auth_test::IssuerServer& server, const TestKey& one,
           const TestKey& two)
      : timer_(io), server_(server), one_(one), two_(two) {
    turn();
  }
  const std::atomic<bool>& is_enough() const { return is_enough_; }

 private:
  void turn() {
    const std::string more = turns_ % 2 == 0 ? R"(,"use":"sig")" : "";
    server_.publish(key_set({two_.jwk("two", more), one_.jwk("one")}));
    if (++turns_ == 20) is_enough_ = true;
    timer_.expires_after(std::chrono::milliseconds(5));
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) turn();
    });
  }

  boost::asio::steady_timer timer_;
  auth_test::IssuerServer& server_;
  const TestKey& one_;
  const TestKey& two_;
  int turns_ = 0;
  std::atomic<bool> is_enough_ = false;
};

TEST(TokensOnThreads, AreAnsweredOnTheThreadThatAsked) {
  std::array<boost::asio::io_context, 3> loops;
  boost::asio::io_context io{1};
  auth_test::IssuerServer server(io);
  const TestKey one = TestKey::make_ec("P-256");
  const TestKey two = TestKey::make_ec("P-256");
  Rotation rotation(io, server, one, two);
  KeyTimes times;
  times.refresh = std::chrono::milliseconds(2);
  KeyDirectory keys(io, {}, times);
  const auto authorizer = *make_oidc_authorizer({{server.url(), "", 0, 0, ""}}, keys);

  std::vector<std::string> tokens;
  for (int i = 0; i < 40; ++i) {
    const bool is_good = i % 4 != 3;
    const std::string claims = R"({"iss":")" + server.url() + R"(","iat":1,"exp":8000000000,"n":)" +
                               std::to_string(i) + "}";
    tokens.push_back(auth_test::token("ES256", i % 2 == 0 ? "one" : "two", claims,
                                      is_good == (i % 2 == 0) ? one : two));
  }
  std::thread auth_thread([&io] { io.run(); });
  std::array<Outcome, 3> outcomes;
  std::vector<std::thread> shards;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    shards.emplace_back([&, i] {
      outcomes[i] = run_shard(loops[i], *authorizer, tokens, rotation.is_enough());
    });
  }
  for (std::thread& shard : shards) shard.join();
  io.stop();
  auth_thread.join();
  for (const Outcome& outcome : outcomes) {
    EXPECT_GE(outcome.accepted, 4 * 30);
    EXPECT_EQ(outcome.accepted, 3 * outcome.refused);
    EXPECT_EQ(outcome.strayed, 0);
  }
}

}  // namespace
}  // namespace eventsd::auth
