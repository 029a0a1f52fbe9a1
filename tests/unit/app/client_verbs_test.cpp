// The verbs that talk to a daemon, against canned answers. What needs a real one is in the
// end-to-end tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "unit/app/support/command.hpp"
#include "unit/net/support/scripted_server.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using test::Ended;
using test::run_command;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

// A daemon of one answer, on a thread of its own.
class Daemon {
 public:
  explicit Daemon(const std::string& text)
      : server_(context_, text),
        url_(server_.url("/event").text()),
        thread_([this] { context_.run(); }) {}
  ~Daemon() { stop(); }
  const std::string& url() const { return url_; }
  // Ends the thread; then the requests can be read.
  const std::vector<std::string>& requests() {
    stop();
    return server_.requests();
  }

 private:
  void stop() {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

  boost::asio::io_context context_{1};
  test::ScriptedServer server_;
  std::string url_;
  std::thread thread_;
};

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

std::vector<std::string> with(std::vector<std::string> arguments, const Daemon& daemon) {
  for (const std::string& word :
       {std::string("--url"), daemon.url(), std::string("--api-key"), std::string("da2-key")}) {
    arguments.push_back(word);
  }
  return arguments;
}

constexpr const char* kOnePublished =
    R"({"failed":[],"successful":[{"identifier":"id-0","index":0}]})";

TEST(Publish, SendsTheEventsAsJsonTextsAndPrintsTheirIdentifiers) {
  Daemon daemon(answer("200 OK", kOnePublished));
  const Ended ended = run_command(with({"publish", "default/x", "[1,2]"}, daemon));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "id-0\n");
  ASSERT_EQ(daemon.requests().size(), 1u);
  EXPECT_THAT(daemon.requests()[0],
              AllOf(StartsWith("POST /event HTTP/1.1\r\n"), HasSubstr("x-api-key: da2-key\r\n"),
                    EndsWith(R"({"channel":"default/x","events":["[1,2]"]})")));
}

TEST(Publish, SendsAtMostFiveEventsInARequest) {
  Daemon daemon(answer("200 OK", kOnePublished));
  run_command(with({"publish", "default/x", "-"}, daemon), "1\n2\n\n3\n4\n5\n6\n7\n");
  ASSERT_EQ(daemon.requests().size(), 2u);
  EXPECT_EQ(json::parse(body_of(daemon.requests()[0]))["events"], (json{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(json::parse(body_of(daemon.requests()[1]))["events"], (json{"6", "7"}));
}

TEST(Publish, FailsWhenAnEventFailed) {
  Daemon daemon(answer("200 OK", R"({"successful":[],"failed":[{"identifier":"i","index":0,)"
                                 R"("code":"EventTooLargeException","message":"too large"}]})"));
  const Ended ended = run_command(with({"publish", "default/x", "1", "--json"}, daemon));
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(
      json::parse(ended.out),
      (json{{"index", 0}, {"identifier", "i"}, {"error", "EventTooLargeException: too large"}}));
}

TEST(Publish, FailsWhenTheRequestIsRefused) {
  Daemon daemon(answer("403 Forbidden", R"({"errors":[{"errorType":"UnauthorizedException"}]})"));
  const Ended ended = run_command(with({"publish", "default/x", "1"}, daemon));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("event 1: HTTP 403 UnauthorizedException"));
}

TEST(Publish, SkipsALineThatIsNotJsonAndFailsInTheEnd) {
  Daemon daemon(answer("200 OK", kOnePublished));
  const Ended ended = run_command(with({"publish", "default/x", "-"}, daemon), "hello\n1\n");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("event 1 is not JSON: hello"));
  ASSERT_EQ(daemon.requests().size(), 1u);
  EXPECT_EQ(json::parse(body_of(daemon.requests()[0]))["events"], json{"1"});
}

TEST(Publish, RefusesAnArgumentThatIsNotJsonWithAHintAboutQuoting) {
  const Ended ended = run_command({"publish", "default/x", "1", "{a:1}"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("not JSON: {a:1}"), HasSubstr("single quotes")));
}

TEST(Publish, RefusesAWildcard) { EXPECT_EQ(run_command({"publish", "default/*", "1"}).code, 2); }

TEST(Publish, AsksWhetherTheDaemonRunsWhenNothingListens) {
  std::string url;
  {
    Daemon gone("");
    url = gone.url();
  }
  for (const char* how : {"--ws", "--json"}) {
    const Ended ended =
        run_command({"publish", "default/x", "1", "--url", url, "--api-key", "k", how});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.out + ended.err, HasSubstr("is eventsd running?"));
  }
}

TEST(Subscribe, FailsAtOnceWhenTheFirstConnectionDoes) {
  Daemon daemon(answer("404 Not Found", ""));
  const Ended ended = run_command(with({"subscribe", "default/x"}, daemon));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("HTTP 404"));
}

TEST(History, AsksForTheChannelAndPrintsEventsAsOneLineEach) {
  Daemon daemon(answer("200 OK",
                       R"({"events":[{"id":"a","channel":"/default/x","event":"{\"n\":)"
                       R"(\n1.50}","timestamp":"2026-01-01T00:00:00.000Z","cursor":"c"}],)"
                       R"("cursor":"c","nextCursor":null})"));
  const Ended ended = run_command(with({"history", "default/x", "--limit", "7"}, daemon));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "{\"n\": 1.50}\n");
  EXPECT_THAT(daemon.requests().at(0),
              StartsWith("GET /event/history?channel=%2Fdefault%2Fx&limit=7 HTTP/1.1"));
}

TEST(History, JsonLinesHoldTheEventAsAValue) {
  Daemon daemon(answer("200 OK",
                       R"({"events":[{"id":"a","channel":"/default/x","event":"[1.50]",)"
                       R"("timestamp":"t","cursor":"c"}],"cursor":"c","nextCursor":null})"));
  const Ended ended = run_command(with({"history", "default/x", "--json"}, daemon));
  EXPECT_EQ(ended.out,
            "{\"id\":\"a\",\"channel\":\"/default/x\",\"event\":[1.50],\"timestamp\":\"t\","
            "\"cursor\":\"c\"}\n");
}

TEST(History, FailsWithTheServersReason) {
  Daemon daemon(answer("404 Not Found",
                       R"({"errors":[{"errorType":"NotFoundException","message":"no history"}]})"));
  const Ended ended = run_command(with({"history", "default/x"}, daemon));
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.err, "HTTP 404 NotFoundException: no history\n");
}

TEST(ApiKey, CreatesThroughTheControlPlane) {
  Daemon daemon(answer("200 OK", R"({"apiKey":{"id":"da2-new","expires":1900000000}})"));
  const Ended ended =
      run_command({"api-key", "create", "--description", "web", "--expires", "2030-03-17T17:46:40Z",
                   "--admin-url", daemon.url(), "--token", "secret", "--api", "abc"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "da2-new\n");
  const std::string& request = daemon.requests().at(0);
  EXPECT_THAT(request, AllOf(StartsWith("POST /event/v1/apis/abc/apikeys HTTP/1.1"),
                             HasSubstr("authorization: Bearer secret\r\n")));
  EXPECT_EQ(json::parse(body_of(request)), (json{{"description", "web"}, {"expires", 1900000000}}));
}

TEST(ApiKey, TakesTheFirstApiWhenNoneIsNamed) {
  Daemon daemon(answer("200 OK", R"({"apis":[{"apiId":"first"},{"apiId":"second"}],)"
                                 R"("apiKeys":[{"id":"da2-a","description":"web"}]})"));
  const Ended ended =
      run_command({"api-key", "list", "--json", "--admin-url", daemon.url(), "--token", "secret"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out),
            (json{{"id", "da2-a"}, {"description", "web"}, {"expires", nullptr}}));
  EXPECT_THAT(daemon.requests().at(1), StartsWith("GET /event/v1/apis/first/apikeys "));
}

TEST(ApiKey, ListMarksWhatHasExpired) {
  Daemon daemon(answer("200 OK", R"({"apiKeys":[{"id":"da2-old","description":"web","expires":)"
                                 R"(1000000000},{"id":"da2-new","expires":1e300}]})"));
  const Ended ended = run_command(
      {"api-key", "list", "--admin-url", daemon.url(), "--token", "secret", "--api", "abc"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out,
            "da2-old  2001-09-09T01:46:40Z  expired  web\n"
            "da2-new  2200-01-01T00:00:00Z\n");
}

TEST(ApiKey, DeleteFailsWhenThereIsNoSuchKey) {
  Daemon daemon(answer("404 Not Found", R"({"message":"no such key"})"));
  const Ended ended = run_command({"api-key", "delete", "da2-a", "--admin-url", daemon.url(),
                                   "--token", "secret", "--api", "abc"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("no such key"));
  EXPECT_THAT(daemon.requests().at(0), StartsWith("DELETE /event/v1/apis/abc/apikeys/da2-a "));
}

TEST(ApiKey, ExpiryThatIsNoTimeIsWrongUsage) {
  const Ended ended = run_command({"api-key", "create", "--expires", "soon", "--token", "t"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--expires: \"soon\" is no time"));
}

TEST(Health, PrintsTheBodyAndTellsReadinessByItsExitCode) {
  Daemon ready(answer("200 OK", R"({"status":"ready"})"));
  const Ended good = run_command({"health", "--url", ready.url()});
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.out, "{\"status\":\"ready\"}\n");
  Daemon draining(answer("503 Service Unavailable", R"({"status":"draining"})"));
  const Ended bad = run_command({"health", "--url", draining.url()});
  EXPECT_EQ(bad.code, 1);
  EXPECT_EQ(bad.out, "{\"status\":\"draining\"}\n");
}

TEST(Health, AsksTheReadinessAddressOfTheAdminListener) {
  Daemon daemon(answer("200 OK", "{}"));
  const std::string root = daemon.url().substr(0, daemon.url().rfind('/'));
  EXPECT_EQ(run_command({"health", "--url", root}).code, 0);
  EXPECT_THAT(daemon.requests().at(0), StartsWith("GET /health/ready "));
}

}  // namespace
}  // namespace eventsd::app
