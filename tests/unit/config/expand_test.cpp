// ${NAME} and file:PATH.
#include "config/expand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string expanded(const std::string& text) {
  std::set<std::string> used;
  return expand_variables(text, {{"A", "1"}, {"EMPTY", ""}}, used).text.value_or("<complaint>");
}

TEST(Variables, AreReplacedInsideValues) {
  EXPECT_EQ(expanded("x${A}y${A}"), "x1y1");
  EXPECT_EQ(expanded("no $A here"), "no $A here");
  EXPECT_EQ(expanded("${EMPTY}"), "");
}

TEST(Variables, HaveDefaultsForUnsetAndEmpty) {
  EXPECT_EQ(expanded("${NONE:-d:-e}"), "d:-e");
  EXPECT_EQ(expanded("${EMPTY:-d}"), "d");
  EXPECT_EQ(expanded("${A:-d}"), "1");
  EXPECT_EQ(expanded("${NONE:-}"), "");
}

TEST(Variables, AreEscapedByADollar) {
  EXPECT_EQ(expanded("$${A}"), "${A}");
  EXPECT_EQ(expanded("$$${A}"), "$${A}");
  EXPECT_EQ(expanded("$$"), "$$");
}

TEST(Variables, MustBeWellFormed) {
  for (const char* text : {"${", "${A", "${}", "${1A}", "${A B}", "${A-b}"}) {
    EXPECT_EQ(expanded(text), "<complaint>") << text;
  }
}

TEST(Variables, AreExpandedOnce) {
  const auto config = load_good("dataDir: ${A}", {{"A", "${B}"}, {"B", "x"}});
  EXPECT_EQ(config->data_dir, "${B}");
}

TEST(Variables, WorkForNumbersToo) {
  EXPECT_EQ(load_good("threads: ${N}", {{"N", "3"}})->threads, 3u);
  EXPECT_EQ(load_good("limits: {maxEventSize: \"${N:-1KiB}\"}")->limits.max_event_size, 1024u);
}

TEST(Variables, ThatAreNotSetAreAFaultThatNamesThem) {
  EXPECT_THAT(faults_of("api: {apiKeys: [{id: \"${CHAT_API_KEY}\"}]}"),
              ElementsAre("f.yaml:1:22: api.apiKeys[0].id: the environment variable CHAT_API_KEY "
                          "is not set; set it, or write ${CHAT_API_KEY:-default}"));
}

TEST(SecretFile, IsReadFromTheConfigurationsFolderWithoutItsNewline) {
  const TemporaryFolder folder;
  folder.write("token", "0123456789abcdef\n");
  LoadOptions options;
  options.file = folder.write("eventsd.yaml", "admin: {token: \"file:token\"}");
  const Loaded loaded = load_config(options);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->admin.token, "0123456789abcdef");
}

TEST(SecretFile, MayBeNamedByTheEnvironment) {
  const TemporaryFolder folder;
  const std::string path = folder.write("token", "0123456789abcdef\r\n");
  const auto config = load_good("", {{"EVENTSD_ADMIN_TOKEN", "file:" + path}});
  EXPECT_EQ(config->admin.token, "0123456789abcdef");
}

TEST(SecretFile, ThatCannotBeReadIsNamed) {
  EXPECT_THAT(faults_of("admin: {token: \"file:/no/such/token\"}"),
              ElementsAre("f.yaml:1:16: admin.token: cannot read /no/such/token: No such file or "
                          "directory"));
}

TEST(SecretFile, MustHoldASecretOfOneLine) {
  const TemporaryFolder folder;
  const auto fault_of = [&](const std::string& text) {
    return faults_of("admin: {token: \"file:" + folder.write("token", text) + "\"}");
  };
  EXPECT_THAT(fault_of("\n"), ElementsAre(HasSubstr("is empty")));
  EXPECT_THAT(fault_of("a\nb\n"), ElementsAre(HasSubstr("without spaces")));
  EXPECT_THAT(fault_of(std::string(70'000, 'x')), ElementsAre(HasSubstr("larger than 65536")));
}

TEST(SecretFile, MustBeARegularFile) {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(faults_of("admin: {token: \"file:" + pipe + "\"}"),
              ElementsAre(HasSubstr("not a regular file")));
}

TEST(SecretFile, IsForSecretsOnly) {
  EXPECT_EQ(load_good("dataDir: \"file:x\"")->data_dir, "file:x");
}

}  // namespace
}  // namespace eventsd::config
