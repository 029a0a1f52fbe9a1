// What an HTTP session does with clients and proxies that do not behave.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "unit/core/support/api_fixture.hpp"
#include "unit/core/support/fake_broker.hpp"
#include "unit/server/support/session_world.hpp"

namespace eventsd::server {
namespace {

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
  return found;
}

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    world_.listener.admit = [this](std::string ip) -> Task<bool> {
      admitted_.push_back(std::move(ip));
      co_return true;
    };
  }
  ~SessionTest() override {
    world_.listener.abort_sessions();
    EXPECT_TRUE(world_.run_until_idle());
    EXPECT_EQ(world_.open, 0);
  }
  // The address that a proxied request is admitted with.
  std::string client_of(std::string_view bytes) {
    admitted_.clear();
    test::Peer peer = world_.connect("10.0.0.1");
    world_.exchange(peer, bytes);
    peer.hang_up();
    EXPECT_TRUE(world_.run_until_idle());
    return admitted_.empty() ? "" : admitted_.front();
  }

  static constexpr std::string_view kOptions = "OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n";
  boost::asio::io_context io_;
  test::FakeBroker broker_;
  std::vector<std::string> admitted_;
  test::SessionWorld world_{io_, broker_, test::make_snapshot(test::make_api())};
};

TEST_F(SessionTest, AnswersPipelinedRequestsInOrder) {
  test::Peer peer = world_.connect("192.0.2.1");
  const std::string answers =
      world_.exchange(peer, std::string(kOptions) + "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n" +
                                std::string(kOptions));
  EXPECT_EQ(count(answers, "HTTP/1.1 204"), 2u);
  EXPECT_LT(answers.find("204"), answers.find("404"));
  EXPECT_LT(answers.find("404"), answers.rfind("HTTP/1.1 204"));
}

TEST_F(SessionTest, LetsOthersWorkBetweenPipelinedRequests) {
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += kOptions;
  std::size_t before_others = 0;
  test::Peer peer = world_.connect("192.0.2.1", requests);
  boost::asio::post(io_, [&] { before_others = world_.context.metrics.http_requests.value(); });
  while (world_.run_until_idle() && !peer.received().empty()) continue;
  EXPECT_LE(before_others, 50u);
  EXPECT_EQ(world_.context.metrics.http_requests.value(), 500u);
}

TEST_F(SessionTest, AsksForTheBodyOfAClientThatWaits) {
  test::Peer peer = world_.connect("192.0.2.1");
  const std::string head =
      "POST /event HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(world_.exchange(peer, head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(world_.exchange(peer, "{}").starts_with("HTTP/1.1 401"));
}

TEST_F(SessionTest, AsksForNothingThatIsThereOrTooLarge) {
  const std::string head = "POST /event HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n";
  test::Peer peer = world_.connect("192.0.2.1");
  EXPECT_EQ(count(world_.exchange(peer, head + "Content-Length: 2\r\n\r\n{}"), "100 Continue"), 0u);
  EXPECT_TRUE(
      world_.exchange(peer, head + "Content-Length: 99999999\r\n\r\n").starts_with("HTTP/1.1 413"));
}

TEST_F(SessionTest, SendsNoInterimAnswerToHttp10) {
  test::Peer peer = world_.connect("192.0.2.1");
  EXPECT_EQ(world_.exchange(
                peer, "POST /event HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
            "");
}

// Beast bounds the header, but neither chunk extensions nor trailers.
TEST_F(SessionTest, BoundsChunkExtensions) {
  test::Peer peer = world_.connect("192.0.2.1");
  world_.exchange(peer, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;");
  EXPECT_TRUE(world_.exchange(peer, std::string(40'000, 'a')).starts_with("HTTP/1.1 431"));
}

TEST_F(SessionTest, BoundsTrailers) {
  test::Peer peer = world_.connect("192.0.2.1");
  world_.exchange(peer, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ");
  EXPECT_TRUE(world_.exchange(peer, std::string(40'000, 'a')).starts_with("HTTP/1.1 431"));
}

TEST_F(SessionTest, TakesNoTrailerForAHeader) {
  EXPECT_EQ(
      client_of("POST / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.7\r\n"
                "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n"),
      "192.0.2.7");
}

TEST_F(SessionTest, FollowsForwardedForAsFarAsProxiesAreTrusted) {
  const std::string request = "OPTIONS / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(client_of(request + "\r\n"), "10.0.0.1");
  EXPECT_EQ(client_of(request + "X-Forwarded-For: 203.0.113.1, 192.0.2.7, 10.2.2.2\r\n\r\n"),
            "192.0.2.7");
  EXPECT_EQ(client_of(request + "X-Forwarded-For: 10.3.3.3, 10.2.2.2\r\n\r\n"), "10.3.3.3");
}

TEST_F(SessionTest, BelievesNoForwardedForOfAClientBehindAProxyHeader) {
  const std::string request =
      "OPTIONS / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n";
  EXPECT_EQ(client_of("PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n" + request), "192.0.2.7");
  EXPECT_EQ(client_of("PROXY TCP4 10.2.2.2 10.0.0.1 1 2\r\n" + request), "203.0.113.1");
}

TEST_F(SessionTest, TakesAProxyHeaderInPieces) {
  test::Peer peer = world_.connect("10.0.0.1");
  for (const char* piece : {"P", "ROXY TC", "P4 192.0.2.7 10.0", ".0.1 1 2\r"}) {
    EXPECT_EQ(world_.exchange(peer, piece), "");
  }
  EXPECT_TRUE(world_.exchange(peer, "\n" + std::string(kOptions)).starts_with("HTTP/1.1 204"));
  EXPECT_EQ(admitted_, (std::vector<std::string>{"192.0.2.7"}));
}

TEST_F(SessionTest, DoesNotSpinOnTheBeginningOfAProxyHeader) {
  test::Peer peer = world_.connect("10.0.0.1", "PROX");
  EXPECT_TRUE(world_.run_until_idle());
  peer.end_sending();
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_EQ(world_.open, 0);
}

TEST_F(SessionTest, ServesARequestThatBeginsLikeAProxyHeader) {
  test::Peer peer = world_.connect("10.0.0.1", "PR");
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_TRUE(
      world_.exchange(peer, "OPFIND / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 405"));
}

TEST_F(SessionTest, EndsWhenItIsAbortedIdle) {
  test::Peer idle = world_.connect("192.0.2.1");
  EXPECT_TRUE(world_.run_until_idle());
  world_.listener.abort_sessions();
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_EQ(world_.open, 0);
}

TEST_F(SessionTest, TellsHalfARequestThatItIsAbortedAndThenLeavesLittleTime) {
  test::Peer half = world_.connect("192.0.2.1", "GET / HT");
  EXPECT_TRUE(world_.run_until_idle());
  world_.listener.abort_sessions();
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_TRUE(half.received().starts_with("HTTP/1.1 408"));
  EXPECT_EQ(world_.open, 1);  // what the client still sends is dropped for a moment
  world_.listener.abort_sessions();
  EXPECT_TRUE(world_.run_until_idle());
  EXPECT_EQ(world_.open, 0);
}

}  // namespace
}  // namespace eventsd::server
