#include "app/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/app/support/command.hpp"

namespace eventsd::app {
namespace {

using test::Ended;
using test::run_command;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CommandLine, HelpListsEveryVerb) {
  const Ended ended = run_command({"--help"});
  EXPECT_EQ(ended.code, 0);
  for (const Verb& verb : verbs()) {
    EXPECT_THAT(ended.out,
                AllOf(HasSubstr(std::string(verb.name)), HasSubstr(std::string(verb.help))));
  }
  EXPECT_EQ(ended.err, "");
}

TEST(CommandLine, EveryVerbHasHelpWithItsExamples) {
  for (const Verb& verb : verbs()) {
    const Ended ended = run_command({std::string(verb.name), "--help"});
    EXPECT_EQ(ended.code, 0) << verb.name;
    EXPECT_THAT(ended.out,
                AllOf(HasSubstr(std::string(verb.help)), HasSubstr(std::string(verb.examples))));
  }
}

TEST(CommandLine, ActionsOfApiKeyHaveHelp) {
  EXPECT_THAT(run_command({"api-key", "create", "--help"}).out, HasSubstr("--expires"));
}

TEST(CommandLine, NoVerbIsWrongUsageAndShowsTheHelp) {
  const Ended ended = run_command({});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("publish"));
}

TEST(CommandLine, UnknownVerbIsWrongUsageAndNamesTheNearest) {
  const Ended ended = run_command({"pubish", "default/x", "1"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err,
              AllOf(HasSubstr("unknown verb pubish"), HasSubstr("did you mean publish?")));
}

TEST(CommandLine, NothingIsSuggestedWhenNothingIsNear) {
  const Ended ended = run_command({"xylophone"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, ::testing::Not(HasSubstr("did you mean")));
}

TEST(CommandLine, UnknownOptionIsWrongUsageAndNamesTheNearest) {
  const Ended ended = run_command({"history", "default/x", "--limt=5"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("eventsd history: unknown option --limt"),
                               HasSubstr("did you mean --limit?")));
}

TEST(CommandLine, MissingArgumentsAndBadValuesAreWrongUsage) {
  const std::vector<std::vector<std::string>> lines = {
      {"publish"},
      {"publish", "default/x"},
      {"subscribe"},
      {"subscribe", "default/x", "--last", "1001"},
      {"subscribe", "default/x", "--last", "5", "--after", "c"},
      {"history", "default/x", "--limit", "0"},
      {"history", "default/x", "--before", "c", "--after", "c"},
      {"api-key"},
      {"api-key", "crate"},
      {"api-key", "delete"},
      {"health", "extra"},
      {"version", "--jsn"},
  };
  for (const auto& line : lines) {
    const Ended ended = run_command(line);
    EXPECT_EQ(ended.code, 2) << ::testing::PrintToString(line) << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("--help")) << ::testing::PrintToString(line);
    EXPECT_EQ(ended.out, "");
  }
}

TEST(CommandLine, VersionTellsCommitBuildTypeAndLibraries) {
  const Ended ended = run_command({"version", "--json"});
  EXPECT_EQ(ended.code, 0);
  const auto object = nlohmann::json::parse(ended.out);
  for (const char* member : {"version", "commit", "buildType", "compiler"}) {
    EXPECT_TRUE(object[member].is_string()) << member;
  }
  for (const char* library :
       {"boost", "openssl", "sqlite", "nlohmann-json", "spdlog", "fmt", "yaml-cpp", "cli11"}) {
    EXPECT_THAT(object["libraries"][library].get<std::string>(),
                ::testing::MatchesRegex("[0-9]+\\.[0-9]+.*"))
        << library;
  }
  EXPECT_EQ(run_command({"--version"}).out, run_command({"version"}).out);
}

TEST(CommandLine, ReadsTheEventsAsTheyAreWritten) {
  // Refused before anything is sent, so the message shows the event as it was understood.
  EXPECT_THAT(run_command({"publish", "default/x", "[1,2],"}).err, HasSubstr("not JSON: [1,2],"));
  EXPECT_THAT(run_command({"publish", "default/x", "--", "-x"}).err, HasSubstr("not JSON: -x"));
}

}  // namespace
}  // namespace eventsd::app
