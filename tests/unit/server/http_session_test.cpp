// HTTP/1.1 as bytes on a connection.
#include "server/http_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/server/support/test_shard.hpp"

namespace eventsd::server_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kBody = R"({"channel":"/default/a","events":["1"]})";

std::string post(std::string_view extra_headers = "", std::string_view version = "1.1") {
  std::string text = "POST /event HTTP/";
  ((text += version) += "\r\nHost: localhost\r\nx-api-key: da2-good\r\n") += extra_headers;
  return text +=
         "Content-Length: " + std::to_string(kBody.size()) + "\r\n\r\n" + std::string(kBody);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

class HttpSession : public ::testing::Test {
 protected:
  // The answer to these bytes.
  std::string answer(const std::string& bytes) {
    client_.send_raw(bytes);
    return client_.take_bytes();
  }
  TestShard shard_;
  TestClient client_ = shard_.connect();
};

TEST_F(HttpSession, AnswersAPublish) {
  EXPECT_THAT(answer(post()),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("x-amzn-requestid: "),
                    HasSubstr("access-control-allow-origin: *\r\n"),
                    HasSubstr(R"({"failed":[],"successful":[{"identifier":")")));
}

TEST_F(HttpSession, KeepsTheConnectionForTheNextRequest) {
  EXPECT_THAT(answer(post()), Not(HasSubstr("Connection: close")));
  EXPECT_THAT(answer(post()), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(shard_.ended(), 0u);
}

TEST_F(HttpSession, AnswersPipelinedRequestsInOrder) {
  const std::string answers = answer(post() + "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + post());
  EXPECT_EQ(count(answers, "HTTP/1.1 "), 3u);
  EXPECT_LT(answers.find(" 200 "), answers.find(" 404 "));
  EXPECT_LT(answers.find(" 404 "), answers.rfind(" 200 "));
}

TEST_F(HttpSession, TakesARequestThatComesByteByByte) {
  for (const char c : post()) client_.send_raw({&c, 1});
  EXPECT_THAT(client_.take_bytes(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpSession, TakesAChunkedBody) {
  EXPECT_THAT(answer("POST /event HTTP/1.1\r\nHost: a\r\nx-api-key: da2-good\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n10\r\n" +
                     std::string(kBody.substr(0, 16)) + "\r\n17\r\n" +
                     std::string(kBody.substr(16)) + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpSession, ClosesWhenAskedTo) {
  EXPECT_THAT(answer(post("Connection: close\r\n")), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client_.at_end());
}

TEST_F(HttpSession, ClosesAfterHttp10) {
  EXPECT_THAT(answer(post("", "1.0")),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\nConnection: close\r\n")));
  EXPECT_TRUE(client_.at_end());
}

TEST_F(HttpSession, ClosesEveryConnectionWhileDraining) {
  shard_.listener->draining = true;
  EXPECT_THAT(answer(post()), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpSession, IsBusyFromTheFirstByteOfARequestToItsAnswer) {
  const std::string request = post();
  EXPECT_EQ(shard_.listener->busy, 0u);
  client_.send_raw(request.substr(0, 1));
  EXPECT_EQ(shard_.listener->busy, 1u);
  client_.send_raw(request.substr(1));
  EXPECT_THAT(client_.take_bytes(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(shard_.listener->busy, 0u);  // kept alive, and idle
  client_.send_raw("POST");
  EXPECT_EQ(shard_.listener->busy, 1u);
  client_.vanish();
  shard_.pump();
  EXPECT_EQ(shard_.listener->busy, 0u);
}

TEST_F(HttpSession, AnswersHeadWithoutABody) {
  EXPECT_THAT(
      answer("HEAD /event/history HTTP/1.1\r\nHost: a\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("Content-Length: "), EndsWith("\r\n\r\n")));
}

TEST_F(HttpSession, AnswersAPreflight) {
  EXPECT_THAT(
      answer("OPTIONS /event HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n"
             "Access-Control-Request-Headers: x-api-key\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 204 "), HasSubstr("access-control-allow-headers: x-api-key\r\n"),
            HasSubstr("access-control-allow-methods: POST\r\n"), Not(HasSubstr("Content-Length"))));
}

TEST_F(HttpSession, TellsAClientThatExpectsItToContinue) {
  const std::string request = post("Expect: 100-continue\r\n");
  const std::size_t body = request.size() - kBody.size();
  EXPECT_EQ(answer(request.substr(0, body)), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(answer(request.substr(body)), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpSession, RefusesABodyOverTheCapBeforeItComes) {
  EXPECT_THAT(answer("POST /event HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                     "Content-Length: 6291457\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(client_.at_end());
}

TEST_F(HttpSession, RefusesAHeaderOverTheCap) {
  EXPECT_THAT(answer("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'x')),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(client_.at_end());
}

TEST_F(HttpSession, RefusesAChunkedBodyOverTheCap) {
  TestShard shard([](Config& config) { config.limits.max_frame_size = 100; });
  TestClient client = shard.connect();
  client.send_raw("POST /event HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" +
                  std::string(64, ' ') + "\r\n40\r\n" + std::string(64, ' ') + "\r\n0\r\n\r\n");
  EXPECT_THAT(client.take_bytes(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpSession, RefusesWhatIsMalformed) {
  for (const std::string& bytes :
       {std::string("GARBAGE\r\n\r\n"), std::string("GET / HTTP/1.1\r\nNo colon\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n"),  // no Host
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                    "Content-Length: 2\r\n\r\nxx"),
        std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")}) {
    TestClient client = shard_.connect();
    client.send_raw(bytes);
    EXPECT_THAT(client.take_bytes(),
                AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("x-amzn-requestid: ")))
        << bytes;
    EXPECT_TRUE(client.at_end()) << bytes;
  }
}

TEST_F(HttpSession, EndsWhenThePeerDoes) {
  client_.send_raw("POST /event HT");
  client_.vanish();
  shard_.pump();
  EXPECT_EQ(shard_.ended(), 1u);
  EXPECT_THAT(shard_.listener->sessions, IsEmpty());
}

TEST_F(HttpSession, AnswersARequestThatIsNotCompletedInTimeWith408) {
  client_.send_raw("POST /event HTTP/1.1\r\nHost");
  shard_.pass(std::chrono::seconds(11));
  EXPECT_THAT(client_.take_bytes(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpSession, DropsASilentConnectionWithoutAWord) {
  shard_.pass(std::chrono::seconds(11));
  EXPECT_EQ(client_.take_bytes(), "");
  EXPECT_EQ(shard_.ended(), 1u);
}

TEST_F(HttpSession, RefusesAnUpgradeThatIsNoHandshake) {
  const std::string start = "GET /event/realtime HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n";
  EXPECT_THAT(answer(start + "Connection: Upgrade\r\nSec-WebSocket-Version: 12\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Sec-WebSocket-Version: 13\r\n")));
  TestClient short_key = shard_.connect();
  short_key.send_raw(start +
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhl\r\n\r\n");
  EXPECT_THAT(short_key.take_bytes(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(shard_.context.connections.size(), 0u);
}

TEST_F(HttpSession, AnswersPlainRequestsWith426WhereTlsIsRequired) {
  shard_.reload({}, [](Config& config) { config.tls.required = true; });
  shard_.gate->shut();  // would be asked if the credentials were looked at
  EXPECT_THAT(answer(post()),
              AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Upgrade: TLS/1.2, HTTP/1.1\r\n")));
  EXPECT_EQ(shard_.gate->waiting(), 0u);
  EXPECT_TRUE(client_.at_end());
  EXPECT_EQ(shard_.context.metrics.publish_success.value(), 0u);
}

TEST_F(HttpSession, AnswersAPlainUpgradeWith426WhereTlsIsRequired) {
  shard_.reload({}, [](Config& config) { config.tls.required = true; });
  EXPECT_THAT(client_.upgrade(), StartsWith("HTTP/1.1 426 "));
  EXPECT_EQ(shard_.context.connections.size(), 0u);
}

TEST_F(HttpSession, AllowsFourHistoryReadsAtOncePerAddress) {
  shard_.history.hold();
  std::vector<TestClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(shard_.connect());
    clients.back().send_raw(
        "GET /event/history?channel=/durable/a HTTP/1.1\r\nHost: a\r\nx-api-key: da2-good\r\n\r\n");
  }
  EXPECT_THAT(clients.back().take_bytes(), StartsWith("HTTP/1.1 429 "));
  shard_.history.release();
  EXPECT_THAT(clients.front().take_bytes(), StartsWith("HTTP/1.1 200 "));
}

// Its answer counts until the client has taken it.
TEST_F(HttpSession, BoundsTheHistoryAnswersThatNobodyReads) {
  for (int i = 0; i < 100; ++i) shard_.store.remember("/durable/a", std::string(10'000, 'x'));
  const std::string request =
      "GET /event/history?channel=/durable/a HTTP/1.1\r\nHost: a\r\nx-api-key: da2-good\r\n\r\n";
  std::vector<TestClient> lazy;
  for (int i = 0; i < 4; ++i) {
    lazy.push_back(shard_.connect(4096));
    lazy.back().send_raw(request + request + request);  // a second one waits for the first
  }
  EXPECT_EQ(shard_.history.reads(), 4u);
  EXPECT_THAT(answer(request), StartsWith("HTTP/1.1 429 "));
  TestClient other = shard_.connect(0, "192.0.2.2");
  other.send_raw(request);
  EXPECT_THAT(other.take_bytes(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(count(lazy.front().take_bytes(), "HTTP/1.1 200 "), 3u);
  EXPECT_THAT(answer(request), StartsWith("HTTP/1.1 200 "));
  shard_.pass(std::chrono::seconds(200));  // who never reads is cut off, and gives his share back
  EXPECT_EQ(shard_.ended(), 6u);
}

// Which address a request is taken to come from: what the listener is asked to admit.
class ClientAddress : public ::testing::Test {
 protected:
  ClientAddress() {
    shard_.listener->admit = [this](std::string ip) { return admit(std::move(ip)); };
    shard_.listener->release = [this](const std::string& ip) { released_.push_back(ip); };
  }
  Task<bool> admit(std::string ip) {
    asked_.push_back(std::move(ip));
    co_return allowed_;
  }
  std::string from(std::string peer, const std::string& before, const std::string& headers) {
    TestClient client = shard_.connect(0, std::move(peer));
    client.send_raw(before + "GET /nowhere HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n");
    return client.take_bytes();
  }
  std::vector<std::string> asked_;
  std::vector<std::string> released_;
  TestShard shard_;  // trusts 10.*
  bool allowed_ = true;
};

TEST_F(ClientAddress, IsThePeersWhatEverAnUntrustedOneSays) {
  from("192.0.2.1", "", "X-Forwarded-For: 203.0.113.9\r\n");
  EXPECT_THAT(asked_, IsEmpty());  // counted when it was accepted
}

TEST_F(ClientAddress, OfAnUntrustedPeerIsNotTakenFromAProxyHeader) {
  EXPECT_THAT(from("192.0.2.1", "PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\n", ""),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(ClientAddress, IsTheLastThatNoTrustedProxyHas) {
  from("10.0.0.1", "", "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.7\r\n");
  EXPECT_THAT(asked_, ElementsAre("203.0.113.9"));
}

TEST_F(ClientAddress, IsFoundInSeveralHeadersOfTheSameName) {
  from("10.0.0.1", "", "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n");
  EXPECT_THAT(asked_, ElementsAre("203.0.113.9"));
}

TEST_F(ClientAddress, IsWhatATrustedProxyHeaderSays) {
  from("10.0.0.1", "PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\n", "");
  EXPECT_THAT(asked_, ElementsAre("203.0.113.9"));
}

TEST_F(ClientAddress, ThatAProxyHeaderNamesMayNotSpeakForOthers) {
  from("10.0.0.1", "PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\n", "X-Forwarded-For: 198.51.100.1\r\n");
  EXPECT_THAT(asked_, ElementsAre("203.0.113.9"));
}

// A reload between accept and the first byte: a connection is counted by its own address or by its
// client's, never by both and never by none.
TEST_F(ClientAddress, IsFoundAsWasDecidedAtAccept) {
  TestClient trusted = shard_.connect(0, "10.0.0.1");
  TestClient stranger = shard_.connect(0, "192.0.2.1");
  shard_.listener->is_trusted_proxy = [](std::string_view ip) { return ip == "192.0.2.1"; };
  trusted.send_raw(
      "PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(trusted.take_bytes(), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(asked_, ElementsAre("203.0.113.9"));
  stranger.send_raw("GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.8\r\n\r\n");
  EXPECT_THAT(stranger.take_bytes(), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(ClientAddress, IsAskedForOnceAConnection) {
  TestClient client = shard_.connect(0, "10.0.0.1");
  for (int i = 0; i < 2; ++i) client.send_raw("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(ClientAddress, ThatHasTooManyConnectionsIsRefused) {
  allowed_ = false;
  EXPECT_THAT(from("10.0.0.1", "", "X-Forwarded-For: 203.0.113.9\r\n"),
              StartsWith("HTTP/1.1 503 "));
}

TEST_F(ClientAddress, OfAProxyHeaderMayComeInPieces) {
  TestClient client = shard_.connect(0, "10.0.0.1");
  client.send_raw("PROXY TCP4 203.0");
  client.send_raw(".113.9 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  shard_.pass(std::chrono::milliseconds(100));
  EXPECT_THAT(asked_, ElementsAre("203.0.113.9"));
}

TEST_F(ClientAddress, ThatDoesNotComeWholeDoesNotKeepTheLoopBusy) {
  TestClient client = shard_.connect(0, "10.0.0.1");
  client.send_raw("P");
  std::size_t handlers = 0;
  for (int i = 0; i < 50; ++i) {
    shard_.io.restart();
    handlers += shard_.io.poll();
  }
  EXPECT_LT(handlers, 40u);
}

TEST_F(ClientAddress, ThatIsMalformedEndsTheConnection) {
  EXPECT_EQ(from("10.0.0.1", "PROXY TCP4 nonsense\r\n", ""), "");
  EXPECT_EQ(shard_.ended(), 1u);
}

}  // namespace
}  // namespace eventsd::server_test
