#include "config/print.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "config/options.hpp"
#include "config/read_value.hpp"
#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kEverything =
    "listen: [\"127.0.0.1:1\", \"[::1]:2\"]\n"
    "tls: {certificate: /c.pem, privateKey: \"/odd: #k.pem\"}\n"
    "dataDir: \"a $${B} \\\"q\\\" \\\\ \\t\"\ntrustedProxies: [10.0.0.0/8]\n"
    "limits: {maxEventSize: 100KB, keepAliveInterval: 1500ms}\n"
    "apis:\n"
    "  - name: a\n    domains: [a.example, b.example]\n"
    "    apiKeys: [{id: 0123456789abcdef, expires: 2097-01-02T03:04:05.006Z}]\n"
    "    channelNamespaces: [{name: a, history: {maxAge: 3d, read: none}}, {name: b}]\n"
    "  - {name: null-like, channelNamespaces: [{name: \"12\"}]}\n";

// The repository's file, found from where the test program stands.
std::string read_repository_file(const std::string& name) {
  auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    std::ifstream file(folder / name);
    if (!file) continue;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  ADD_FAILURE() << name << " not found above the test program";
  return {};
}

// The reference with its block `#api:` in force.
std::string with_api_example() {
  std::istringstream reference(print_defaults());
  std::string out;
  bool inside = false;
  for (std::string line; std::getline(reference, line);) {
    if (line == "#api:") inside = true;
    if (line.empty()) inside = false;
    out += (inside ? line.substr(1) : line) + "\n";
  }
  return out;
}

TEST(PrintConfig, LoadsAgainToTheSame) {
  const std::string text(kEverything);
  const std::string printed = print_config(*load_good(text));
  std::string unmasked = printed;
  const std::string mask = "\"********\"";
  unmasked.replace(unmasked.find(mask), mask.size(), "0123456789abcdef");
  EXPECT_EQ(print_config(*load_good(unmasked)), printed);
  EXPECT_EQ(load_good(unmasked)->data_dir, "a ${B} \"q\" \\ \t");
}

TEST(PrintConfig, MasksSecrets) {
  const std::string printed = print_config(
      *load_good("admin: {token: verysecrettoken1}\napi: {apiKeys: [{id: verysecretapikey}]}"));
  EXPECT_THAT(printed, HasSubstr("token: \"********\""));
  EXPECT_THAT(printed, HasSubstr("id: \"********\""));
  EXPECT_THAT(printed, Not(HasSubstr("verysecret")));
}

TEST(PrintConfig, TheMaskIsNotAcceptedAsASecret) {
  EXPECT_THAT(faults_of("admin: {token: \"********\"}"),
              ::testing::ElementsAre(HasSubstr("mask of print-config")));
}

TEST(PrintConfig, MasksCredentialsInAddresses) {
  const std::string printed = print_config(
      *load_good("eventBridge: {bus: \"http://b.example/in?token=verysecret1&v=verysecret2\",\n"
                 "              hook: \"webhook+https://h.example/T0/verysecret3\"}\n"
                 "openSearch: {\"https://search.example?verysecret4\": "
                 "\"https://o.example?key=verysecret5\"}\n"
                 "bedrock: {\"*\": \"http://m.example/v1?verysecret6\"}\n"
                 "dynamodb: {endpoint: \"https://d.example/?a=verysecret7\"}\n"
                 "lambda: {functions: {f: {url: \"http://l.example/x?k=verysecret8\"}}}\n"));
  EXPECT_THAT(printed, Not(HasSubstr("verysecret")));
  for (const char* shown : {"http://b.example/in?token=********&v=********",
                            "webhook+https://h.example/********", "https://search.example?********",
                            "https://o.example?key=********", "http://m.example/v1?********",
                            "https://d.example/?a=********", "http://l.example/x?k=********"}) {
    EXPECT_THAT(printed, HasSubstr(shown));
  }
}

TEST(PrintConfig, ShowsAddressesWithoutCredentialsWhole) {
  for (const char* address : {"http://127.0.0.1:9200", "https://o.example/path/more",
                              "webhook+http://[::1]:9300/", "webhook+https://h.example"}) {
    EXPECT_EQ(without_credentials(address), address);
  }
  EXPECT_EQ(without_credentials("no address: a@b?c=d"), "no address: a@b?c=d");
}

TEST(PrintConfig, HidesAPasswordHoweverItIsWritten) {
  for (const char* address : {"https://me:secret@o.example/x", "https://me:s@cr/t?s@o.example/x",
                              "https://me:a?b@o.example/x"}) {
    EXPECT_EQ(without_credentials(address), "https://********@o.example/x");
  }
  EXPECT_THAT(faults_of("bedrock: {m: \"https://me:verysecret@m.example\"}"),
              ::testing::ElementsAre(::testing::AllOf(HasSubstr("without credentials in it"),
                                                      Not(HasSubstr("verysecret")))));
}

TEST(PrintConfig, AMaskedAddressIsNotAcceptedAsOne) {
  EXPECT_THAT(faults_of("bedrock: {\"*\": \"http://m.example/?k=********\"}"),
              ::testing::ElementsAre(HasSubstr("mask of print-config")));
}

TEST(PrintConfig, ShowsWhatIsInForce) {
  const std::string printed =
      print_config(*load_good("api: {channelNamespaces: [{name: a}]}", {{"EVENTSD_THREADS", "3"}}));
  EXPECT_THAT(printed, HasSubstr("threads: 3\n"));
  EXPECT_THAT(printed, HasSubstr("publishAuthModes: [API_KEY]"));
  EXPECT_THAT(printed, HasSubstr("- authType: API_KEY"));
}

TEST(Reference, IsTheFileOfTheRepository) {
  EXPECT_EQ(read_repository_file("config/eventsd.yaml"), print_defaults())
      << "after a change of the options: eventsd print-config --defaults > config/eventsd.yaml";
}

TEST(Reference, IsTheTableOfTheDocuments) {
  EXPECT_EQ(read_repository_file("docs/CONFIGURATION.md"), print_reference())
      << "after a change of the options: eventsd print-config --markdown > docs/CONFIGURATION.md";
}

TEST(Reference, LoadsToTheDefaults) {
  const std::string from_reference = print_config(*load_good(print_defaults()));
  const std::string from_nothing = print_config(*load_good(""));
  EXPECT_EQ(from_reference, from_nothing);
}

TEST(Reference, ItsApiExampleLoads) {
  const auto config = load_good(with_api_example(), {{"CHAT_API_KEY", "0123456789abcdef"}});
  ASSERT_EQ(config->apis.size(), 1u);
  const ApiConfig& api = config->apis[0];
  EXPECT_EQ(api.name, ApiConfig{}.name);
  ASSERT_EQ(api.channel_namespaces.size(), 1u);
  EXPECT_EQ(api.channel_namespaces[0].history, HistoryPolicy{});
}

TEST(Reference, ShowsEveryOptionOfThisVersion) {
  const std::string reference = print_defaults();
  for (const Option& option : options()) {
    if (option.doc.empty()) continue;
    EXPECT_THAT(reference,
                ::testing::ContainsRegex("\n *#*[ -]*" + std::string(leaf(option.path)) + ":"))
        << option.path;
    const std::string first_words(option.doc.substr(0, option.doc.find(' ', 10)));
    EXPECT_THAT(reference, HasSubstr("# " + first_words)) << option.path;
  }
}

TEST(Reference, HasNoLineOverOneHundredColumns) {
  std::istringstream reference(print_defaults());
  for (std::string line; std::getline(reference, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(OptionTable, EveryOptionIsDocumented) {
  for (const Option& option : options()) {
    EXPECT_FALSE(option.doc.empty()) << option.path;
    EXPECT_EQ(option.field != nullptr, !is_section(option.kind)) << option.path;
  }
}

TEST(OptionTable, PathsAndEnvironmentNamesAreUnique) {
  std::set<std::string> seen;
  for (const Option& option : options()) {
    EXPECT_TRUE(seen.insert(std::string(option.path)).second) << option.path;
    if (has_environment_name(option)) {
      EXPECT_TRUE(seen.insert(environment_name(option.path)).second) << option.path;
    }
  }
}

TEST(OptionTable, EnvironmentNamesSplitWords) {
  EXPECT_EQ(environment_name("listen"), "EVENTSD_LISTEN");
  EXPECT_EQ(environment_name("limits.maxEventSize"), "EVENTSD_LIMITS_MAX_EVENT_SIZE");
  EXPECT_EQ(environment_name("cors.allowOrigins"), "EVENTSD_CORS_ALLOW_ORIGINS");
  EXPECT_EQ(environment_name("limits.maxConnectionsPerIp"),
            "EVENTSD_LIMITS_MAX_CONNECTIONS_PER_IP");
}

TEST(OptionTable, OptionsInsideListsHaveNoEnvironmentName) {
  EXPECT_TRUE(has_environment_name(*find_option("api.name")));
  EXPECT_FALSE(has_environment_name(*find_option("api.apiKeys.id")));
  EXPECT_FALSE(has_environment_name(*find_option("api.channelNamespaces.history.maxAge")));
  EXPECT_FALSE(has_environment_name(*find_option("dynamodb")));
}

TEST(OptionTable, EveryDefaultIsWithinItsBounds) {
  EXPECT_THAT(faults_of(print_config(Config{})), IsEmpty());
}

}  // namespace
}  // namespace eventsd::config
