// Where a configuration comes from, and what wins.
#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

// Works in a folder of its own, so that ./eventsd.yaml is the test's.
class ConfigSearch : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_.path());
  }
  void TearDown() override { std::filesystem::current_path(before_); }

  TemporaryFolder folder_;

 private:
  std::filesystem::path before_;
};

TEST(ConfigLoad, NothingGivesTheDefaultsAndNoApi) {
  LoadOptions options;
  options.search = false;
  const Loaded loaded = load_config(options);
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->listen, ElementsAre("127.0.0.1:8080"));
  EXPECT_EQ(loaded.config->data_dir, "./eventsd-data");
  EXPECT_THAT(loaded.config->apis, IsEmpty());
  EXPECT_EQ(loaded.config->file, "");
}

TEST(ConfigLoad, AnEmptyFileGivesTheDefaults) {
  EXPECT_EQ(load_good("")->limits.max_event_size, 240u * 1024);
  EXPECT_EQ(load_good("# only a comment\n")->limits.max_event_size, 240u * 1024);
}

TEST(ConfigLoad, ReadsScalarsOfEverySection) {
  const auto config = load_good(
      "listen: [\"0.0.0.0:80\", \"[::1]:81\"]\ndataDir: /var/lib/eventsd\nthreads: 4\n"
      "drainTimeout: 500ms\nlog: {level: debug, format: json, access: true}\n"
      "limits: {maxEventSize: 1MiB, maxPublishSize: 2MB, keepAliveInterval: 30s}\n");
  EXPECT_THAT(config->listen, ElementsAre("0.0.0.0:80", "[::1]:81"));
  EXPECT_EQ(config->data_dir, "/var/lib/eventsd");
  EXPECT_EQ(config->threads, 4u);
  EXPECT_EQ(config->drain_timeout, 500ms);
  EXPECT_EQ(config->log.level, "debug");
  EXPECT_EQ(config->log.format, LogFormat::json);
  EXPECT_TRUE(config->log.access);
  EXPECT_EQ(config->limits.max_event_size, 1u << 20);
  EXPECT_EQ(config->limits.max_publish_size, 2'000'000u);
  EXPECT_EQ(config->limits.keep_alive_interval, 30s);
}

TEST(ConfigLoad, OneTextStandsForAListOfOne) {
  EXPECT_THAT(load_good("listen: 127.0.0.1:99")->listen, ElementsAre("127.0.0.1:99"));
}

TEST(ConfigLoad, ASectionWhoseOptionsAreAllCommentedOutIsLeftAlone) {
  EXPECT_EQ(load_good("admin:\n  # token: x\nthreads: 2")->threads, 2u);
}

TEST(ConfigLoad, EnvironmentReplacesTheFile) {
  const Environment environment = {{"EVENTSD_LISTEN", "127.0.0.1:1, 127.0.0.1:2"},
                                   {"EVENTSD_LIMITS_MAX_EVENT_SIZE", "10KiB"}};
  const auto config = load_good("listen: [127.0.0.1:9]\nlimits: {maxEventSize: 1KiB}", environment);
  EXPECT_THAT(config->listen, ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_EQ(config->limits.max_event_size, 10u * 1024);
}

TEST(ConfigLoad, FlagsReplaceTheEnvironment) {
  const auto config =
      load_good("dataDir: file", {{"EVENTSD_DATA_DIR", "environment"}}, {{"dataDir", "flag"}});
  EXPECT_EQ(config->data_dir, "flag");
}

TEST(ConfigLoad, ARepeatedFlagAddsToItsList) {
  const auto config =
      load_good("listen: 127.0.0.1:9", {}, {{"listen", "127.0.0.1:1"}, {"listen", "127.0.0.1:2"}});
  EXPECT_THAT(config->listen, ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
}

TEST(ConfigLoad, FaultsOfTheEnvironmentNameTheVariable) {
  EXPECT_THAT(faults_of("", {{"EVENTSD_THREADS", "many"}}),
              ElementsAre("environment:EVENTSD_THREADS: threads: expected a whole number, from 0 "
                          "to 1024, not \"many\""));
}

TEST(ConfigLoad, FaultsOfFlagsNameTheFlag) {
  EXPECT_THAT(faults_of("", {}, {{"dataDir", ""}}), ElementsAre(HasSubstr("--data-dir: ")));
  EXPECT_THAT(faults_of("", {}, {{"port", "1"}}), ElementsAre("--port: not an option"));
}

TEST(ConfigLoad, UnknownVariablesWarnOnly) {
  const Environment environment = {
      {"EVENTSD_PORT", "tcp://10.0.0.1:80"}, {"EVENTSD_CONFIG", "f.yaml"}, {"HOME", "/"}};
  EXPECT_THAT(warnings_of("", environment),
              ElementsAre("environment:EVENTSD_PORT: no option has this name; it is ignored"));
}

TEST(ConfigLoad, AMisspeltVariableIsToldItsNearestName) {
  EXPECT_THAT(warnings_of("", {{"EVENTSD_LIMIT_MAX_EVENT_SIZE", "1"}}),
              ElementsAre(HasSubstr("did you mean EVENTSD_LIMITS_MAX_EVENT_SIZE?")));
}

TEST(ConfigLoad, AVariableUsedInTheFileIsNotUnknown) {
  EXPECT_THAT(warnings_of("dataDir: ${EVENTSD_FOLDER}", {{"EVENTSD_FOLDER", "x"}}), IsEmpty());
}

TEST(ConfigLoad, EnvironmentMakesAnApiAndWarnsThatItHasNoNamespace) {
  const Environment environment = {{"EVENTSD_API_NAME", "chat"}};
  const auto config = load_good("", environment);
  ASSERT_EQ(config->apis.size(), 1u);
  EXPECT_EQ(config->apis[0].name, "chat");
  EXPECT_THAT(warnings_of("", environment), ElementsAre(HasSubstr("without a namespace")));
}

TEST(ConfigLoad, TheApiOfTheEnvironmentExcludesTheFilesList) {
  EXPECT_THAT(faults_of("apis: [{name: a}]", {{"EVENTSD_API_NAME", "b"}}),
              ElementsAre("environment:EVENTSD_API_NAME: api: api and apis exclude each other; "
                          "move it into the list"));
}

TEST(ConfigLoad, AnEmptyVariableIsAValue) {
  EXPECT_THAT(load_good("cors: {allowOrigins: [\"*\"]}", {{"EVENTSD_CORS_ALLOW_ORIGINS", ""}})
                  ->cors_allow_origins,
              IsEmpty());
  EXPECT_THAT(faults_of("", {{"EVENTSD_THREADS", ""}}), ElementsAre(HasSubstr("a whole number")));
}

TEST(ConfigLoad, ValuesOfTheEnvironmentAreLiteral) {
  EXPECT_EQ(load_good("", {{"EVENTSD_DATA_DIR", "${HOME}"}})->data_dir, "${HOME}");
}

TEST_F(ConfigSearch, TheFileInTheWorkingDirectoryIsFound) {
  folder_.write("eventsd.yaml", "threads: 3");
  const Loaded loaded = load_config({});
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->threads, 3u);
  EXPECT_EQ(loaded.config->file, "./eventsd.yaml");
}

TEST_F(ConfigSearch, AWorkingDirectoryThatIsClosedToThisUserHoldsNothingForIt) {
  std::ofstream("eventsd.yaml") << "threads: 3\n";
  const bool is_root = geteuid() == 0;
  ASSERT_EQ(chmod(".", 0), 0);
  if (is_root) ASSERT_EQ(seteuid(65534), 0);
  const Loaded loaded = load_config({});
  if (is_root) ASSERT_EQ(seteuid(0), 0);
  ASSERT_EQ(chmod(".", 0700), 0);
  EXPECT_THAT(loaded.faults, ::testing::IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_NE(loaded.config->file, "./eventsd.yaml");
}

TEST_F(ConfigSearch, TheEnvironmentNamesAFileBeforeTheDefaultPlaces) {
  folder_.write("eventsd.yaml", "threads: 3");
  LoadOptions options;
  options.environment["EVENTSD_CONFIG"] = folder_.write("other.yaml", "threads: 4");
  EXPECT_EQ(load_config(options).config->threads, 4u);
}

TEST_F(ConfigSearch, TheFlagNamesAFileBeforeTheEnvironment) {
  LoadOptions options;
  options.environment["EVENTSD_CONFIG"] = folder_.write("other.yaml", "threads: 4");
  options.file = folder_.write("flag.yaml", "threads: 5");
  EXPECT_EQ(load_config(options).config->threads, 5u);
}

TEST_F(ConfigSearch, ANamedFileThatIsMissingIsAFault) {
  LoadOptions options;
  options.file = "missing.yaml";
  const Loaded loaded = load_config(options);
  ASSERT_EQ(loaded.faults.size(), 1u);
  EXPECT_EQ(format_fault(loaded.faults[0]),
            "--config: cannot read missing.yaml: No such file or directory");
  options.file.reset();
  options.environment["EVENTSD_CONFIG"] = "missing.yaml";
  EXPECT_THAT(format_fault(load_config(options).faults.at(0)),
              HasSubstr("environment:EVENTSD_CONFIG: cannot read"));
}

TEST_F(ConfigSearch, AFolderInPlaceOfTheFileIsAFault) {
  std::filesystem::create_directory("eventsd.yaml");
  EXPECT_THAT(format_fault(load_config({}).faults.at(0)), HasSubstr("Is a directory"));
}

TEST(RestartOnlyChanges, NamesWhatAReloadDoesNotApply) {
  Config before;
  Config after;
  after.limits.max_event_size = 1;
  after.limits.handler = {4, std::chrono::milliseconds(1), std::chrono::milliseconds(2), 3, 4, 5};
  EXPECT_THAT(restart_only_changes(before, after), IsEmpty());
  after.listen = {"127.0.0.1:1"};
  after.admin.listen = "127.0.0.1:2";
  after.data_dir = "x";
  after.threads = 2;
  EXPECT_THAT(restart_only_changes(before, after),
              ElementsAre("listen", "admin.listen", "dataDir", "threads"));
}

}  // namespace
}  // namespace eventsd::config
