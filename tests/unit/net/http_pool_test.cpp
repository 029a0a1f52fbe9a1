#include "net/http_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <optional>

#include "unit/net/support/http_server.hpp"

namespace eventsd::net {
namespace {

using test::HttpServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpPoolTest : public ::testing::Test {
 protected:
  void make(HttpPoolOptions options = {}) { pool_ = make_http_pool(context_, std::move(options)); }

  void send(HttpRequest request, std::function<void()> then = nullptr, HttpSendLimits limits = {}) {
    pool_->send(std::move(request), limits, [this, then](Result<HttpResponse> result) {
      outcomes_.push_back(std::move(result));
      if (then) then();
    });
  }
  HttpRequest get(const HttpServer& server) { return {"GET", server.url(), {}, {}}; }
  HttpRequest post(const HttpServer& server) { return {"POST", server.url(), {}, "{}"}; }
  // Runs until `done` holds.
  void run_until(const std::function<bool()>& done) {
    while (!done() && context_.run_one_for(std::chrono::seconds(10)) > 0) {
    }
    ASSERT_TRUE(done());
  }
  void run_for(std::size_t outcomes) {
    run_until([&] { return outcomes_.size() >= outcomes; });
  }

  boost::asio::io_context context_{1};
  std::shared_ptr<HttpPool> pool_;
  std::vector<Result<HttpResponse>> outcomes_;
};

TEST_F(HttpPoolTest, UsesAConnectionAgain) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("ok"); });
  make();
  send(get(server), [&] { send(post(server), [&] { send(get(server)); }); });
  run_for(3);
  for (const auto& outcome : outcomes_) {
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->body, "ok");
  }
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_THAT(server.requests()[1],
              AllOf(HasSubstr("POST / HTTP/1.1"), HasSubstr("Content-Length: 2"),
                    Not(HasSubstr("Connection: close"))));
}

TEST_F(HttpPoolTest, OpensNoMoreConnectionsThanItMayAndServesThoseThatWait) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("ok"); });
  HttpPoolOptions options;
  options.max_connections = 2;
  make(options);
  for (int i = 0; i < 9; ++i) send(get(server));
  run_for(9);
  EXPECT_EQ(server.connections(), 2U);
  for (const auto& outcome : outcomes_) EXPECT_TRUE(outcome);
}

TEST_F(HttpPoolTest, RefusesWhatWouldWaitOverItsBound) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("ok"); });
  HttpPoolOptions options;
  options.max_connections = 1;
  options.max_waiting_bytes = 2'000;
  make(options);
  for (int i = 0; i < 3; ++i) send(get(server));
  run_for(3);
  ASSERT_FALSE(outcomes_[0]);
  EXPECT_EQ(outcomes_[0].error().kind, ErrorKind::overloaded);
  EXPECT_TRUE(outcomes_[1]);
  EXPECT_TRUE(outcomes_[2]);
}

TEST_F(HttpPoolTest, ConnectsAgainWhenThePeerHasClosed) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("ok"); });
  make();
  send(post(server), [&] {
    server.hang_up();
    send(post(server));
  });
  run_for(2);
  EXPECT_TRUE(outcomes_[1]) << outcomes_[1].error().message;
  EXPECT_EQ(server.connections(), 2U);
}

// The peer reads the request and closes: what is idempotent is sent again, what is not fails.
TEST_F(HttpPoolTest, RepeatsOnlyIdempotentRequestsOfAKeptConnection) {
  int asked = 0;
  HttpServer* running = nullptr;
  HttpServer server(context_, [&](const auto&) -> std::string {
    ++asked;
    if (asked == 2 || asked == 5) {
      running->hang_up();
      return "";
    }
    return HttpServer::answer("ok");
  });
  running = &server;
  make();
  send(get(server), [&] { send(get(server)); });  // asked 1, 2, 3
  run_for(2);
  EXPECT_TRUE(outcomes_[1]) << outcomes_[1].error().message;
  send(get(server), [&] { send(post(server)); });  // asked 4, 5
  run_for(4);
  EXPECT_EQ(asked, 5);
  ASSERT_FALSE(outcomes_[3]);
  EXPECT_THAT(outcomes_[3].error().message, HasSubstr("broke off"));
}

TEST_F(HttpPoolTest, KeepsNoConnectionOfAnAnswerThatClosesIt) {
  HttpServer server(
      context_, [](const auto&) { return HttpServer::answer("ok", 200, "Connection: close\r\n"); });
  make();
  send(get(server), [&] { send(get(server)); });
  run_for(2);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpPoolTest, KeepsNoConnectionThatThePeerKeepsForLessThanASecondMore) {
  HttpServer server(context_, [](const auto&) {
    return HttpServer::answer("ok", 200, "Keep-Alive: timeout=1\r\n");
  });
  make();
  send(get(server), [&] { send(get(server)); });
  run_for(2);
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpPoolTest, ClosesAConnectionThatIsIdleForLong) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("ok"); });
  HttpPoolOptions options;
  options.idle_timeout = std::chrono::milliseconds(20);
  make(options);
  send(get(server));
  run_for(1);
  EXPECT_EQ(server.open(), 1U);
  run_until([&] { return server.open() == 0; });
}

TEST_F(HttpPoolTest, PassesOverInterimAnswers) {
  HttpServer server(context_, [](const auto&) {
    return "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HttpServer::answer("ok");
  });
  make();
  send(get(server), [&] { send(get(server)); });
  run_for(2);
  EXPECT_EQ(outcomes_[1]->status, 200);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(HttpPoolTest, GivesUpInTimeWhileWaitingAndWhileAsking) {
  HttpServer server(context_, [](const auto&) { return std::string(); });
  HttpPoolOptions options;
  options.max_connections = 1;
  make(options);
  const HttpSendLimits limits{std::chrono::milliseconds(30), 1'000};
  send(get(server), nullptr, limits);
  send(get(server), nullptr, limits);
  run_for(2);
  for (const auto& outcome : outcomes_) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ErrorKind::request_timeout);
  }
}

TEST_F(HttpPoolTest, RefusesAnAnswerOverTheCapAndMalformedHeaders) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("four"); });
  make();
  send(get(server), nullptr, {std::chrono::seconds(10), 3});
  HttpRequest split = get(server);
  split.headers = {{"x-a", "b\r\nx-c: d"}};
  send(split);
  run_for(2);
  EXPECT_EQ(outcomes_[0].error().kind, ErrorKind::bad_request);
  EXPECT_EQ(outcomes_[1].error().kind, ErrorKind::payload_too_large);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(HttpPoolTest, ClosesIdleConnectionsWithItselfAndEndsWhatIsOnItsWay) {
  HttpServer server(context_, [](const auto&) { return HttpServer::answer("ok"); });
  make();
  send(get(server), [&] { pool_.reset(); });
  send(get(server));
  run_for(2);
  EXPECT_TRUE(outcomes_[0]);
  EXPECT_TRUE(outcomes_[1]);
  run_until([&] { return server.open() == 0; });
}

TEST_F(HttpPoolTest, RefusesMetadataAddresses) {
  make();
  send({"GET", *parse_url("http://169.254.169.254/latest/meta-data/"), {}, {}});
  run_for(1);
  EXPECT_EQ(outcomes_[0].error().kind, ErrorKind::forbidden);
}

}  // namespace
}  // namespace eventsd::net
