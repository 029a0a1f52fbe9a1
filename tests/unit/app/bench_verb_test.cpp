// The options of `eventsd bench`, and what it says before it measures. Runs against a daemon are in
// the end-to-end tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "unit/app/support/command.hpp"
#include "unit/app/support/socket_server.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using test::Ended;
using test::run_command;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Bench, EveryScenarioHasHelp) {
  for (const char* scenario : {"fanout", "publish", "connect", "idle"}) {
    const Ended ended = run_command({"bench", scenario, "--help"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, AllOf(HasSubstr("--url"), HasSubstr("--auth-token"), HasSubstr("--pid"),
                                 HasSubstr("--threads"), HasSubstr("--json")))
        << scenario;
  }
}

TEST(Bench, WrongUsageIsNamedAndEndsWithTwo) {
  struct Case {
    std::vector<std::string> arguments;
    const char* says;
  };
  const std::vector<Case> cases = {
      {{}, "subcommand is required"},
      {{"fanuot"}, "did you mean fanout?"},
      {{"fanout", "--subscribers", "0"}, "--subscribers"},
      {{"fanout", "--size", "57"}, "at least 58 bytes"},
      {{"fanout", "--in-flight", "2"}, "use --publishers or --ws"},
      {{"publish", "--in-flight", "2"}, "use --connections or --ws"},
      {{"fanout", "--rate", "10", "--in-flight", "2"}, "--in-flight"},
      {{"publish", "--ws", "--http"}, "--http"},
      {{"fanout", "--wildcard-share", "1.5"}, "--wildcard-share"},
      {{"fanout", "--duration", "soon"}, "no duration such as 10s"},
      {{"idle", "--hold", "0s"}, "no duration such as 10s"},
      {{"connect", "--channel", "a/b/c/d"}, "1 to 3 segments"},
      {{"connect", "--channel", "a/*"}, "1 to 3 segments"},
      {{"connect", "--api-key", "k", "--auth-token", "t"}, "--auth-token"},
      {{"connect", "--subscribers", "4"}, "unknown option --subscribers"},
      {{"publish", "--url", "ftp://x", "--api-key", "k"}, "ftp://x"},
  };
  for (const Case& c : cases) {
    std::vector<std::string> line = {"bench"};
    line.insert(line.end(), c.arguments.begin(), c.arguments.end());
    const Ended ended = run_command(line);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(c.says));
    EXPECT_EQ(ended.out, "");
  }
}

TEST(Bench, AHostNobodyKnowsIsOneLine) {
  const Ended ended =
      run_command({"bench", "connect", "--url", "http://nowhere.invalid/event", "--api-key", "k"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("cannot connect to nowhere.invalid:80"));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
}

TEST(Bench, TooFewDescriptorsAreToldBeforeAnythingIsDone) {
  test::SocketServer server([](int, const json&) { return std::vector<std::string>{}; });
  const Ended ended = run_command(
      {"bench", "idle", "--connections", "1000000", "--url", server.url(), "--api-key", "k"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("file descriptors"), HasSubstr("ulimit -Hn 1000064")));
}

// 0.0.0.0 is reached through this machine's loopback, yet is no loopback address.
std::string outside(const test::SocketServer& server) {
  std::string url = server.url();
  return url.replace(url.find("127.0.0.1"), 9, "0.0.0.0");
}

TEST(Bench, AgainstAnotherMachineItWantsToBeConfirmed) {
  test::SocketServer server([](int, const json&) { return std::vector<std::string>{}; });
  const std::vector<std::string> line = {"bench",         "fanout",    "--url",
                                         outside(server), "--api-key", "k"};
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{}, {"--duration", "11s"}}) {
    std::vector<std::string> arguments = line;
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = run_command(arguments);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, AllOf(HasSubstr("101 connections"), HasSubstr("--yes"),
                                 HasSubstr("--duration of at most 10s")));
  }
  EXPECT_TRUE(server.messages().empty());
}

TEST(Bench, AgainstAnotherMachineAShortRunSaysWhatItDoes) {
  test::SocketServer server([](int, const json& message) {
    return std::vector<std::string>{
        json{{"type", "subscribe_success"}, {"id", message["id"]}}.dump()};
  });
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--duration", "10s"}, {"--yes"}}) {
    std::vector<std::string> arguments = {"bench", "connect",       "--connections", "2",
                                          "--url", outside(server), "--api-key",     "k"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = run_command(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("2 connections"));
  }
}

TEST(Bench, ATokenIsSentWithTheConnectionAndEachSubscription) {
  test::SocketServer server([](int, const json& message) {
    return std::vector<std::string>{
        json{{"type", "subscribe_success"}, {"id", message["id"]}}.dump()};
  });
  const Ended ended = run_command({"bench", "connect", "--connections", "1", "--url", server.url(),
                                   "--auth-token", "tok", "--channel", "ns", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out)["connections"], 1);
  const auto messages = server.messages();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0]["channel"], "/ns/connect");
  EXPECT_EQ(messages[0]["authorization"]["Authorization"], "tok");
}

TEST(Bench, RefusedSubscriptionsAreCountedByReason) {
  test::SocketServer server([](int, const json& message) {
    return std::vector<std::string>{
        json{{"type", "subscribe_error"},
             {"id", message["id"]},
             {"errors", {{{"errorType", "UnauthorizedException"}, {"message", "not here"}}}}}
            .dump()};
  });
  const Ended ended = run_command({"bench", "connect", "--connections", "3", "--concurrency", "1",
                                   "--url", server.url(), "--api-key", "k", "--json"});
  EXPECT_EQ(ended.code, 1);
  const json report = json::parse(ended.out);
  EXPECT_EQ(report["failed"], 3);
  EXPECT_EQ(report["errors"]["the subscription was refused: UnauthorizedException: not here"], 3);
  EXPECT_THAT(ended.err, HasSubstr("3 connections failed"));
}

}  // namespace
}  // namespace eventsd::app
