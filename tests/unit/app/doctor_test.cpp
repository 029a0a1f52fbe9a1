#include "app/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <fstream>

namespace eventsd::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr auto kNow = std::chrono::sys_days{std::chrono::year(2026) / 11 / 26};

auto is(Severity severity, const char* check) {
  return AllOf(Field(&Finding::severity, severity), Field(&Finding::check, check));
}
auto is(Severity severity, const char* check, const char* found) {
  return AllOf(is(severity, check), Field(&Finding::found, HasSubstr(found)));
}

MachineFacts good_machine() {
  MachineFacts facts;
  facts.descriptors = 1'048'576;
  facts.somaxconn = 4096;
  facts.memory = 16ull << 30;
  facts.clock_synchronised = true;
  facts.now = kNow;
  facts.disk = {"/var/lib/eventsd", "", 100ull << 30, 1'000'000, 0, true};
  return facts;
}

// Whoever says that something is wrong says what to do.
void expect_remedies(const Findings& findings) {
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.mend.empty(), finding.severity == Severity::ok) << finding.found;
  }
}

TEST(Doctor, FindsNothingOnAGoodMachine) {
  EXPECT_THAT(check_machine(Config{}, good_machine()),
              Each(Field(&Finding::severity, Severity::ok)));
  EXPECT_THAT(check_smells(Config{}, kNow), ElementsAre(is(Severity::ok, "configuration")));
}

TEST(Doctor, WarnsOfFewDescriptorsAndRefusesFewerThanWereAskedFor) {
  MachineFacts facts = good_machine();
  facts.descriptors = 1024;
  Config config;
  EXPECT_THAT(check_machine(config, facts), Contains(is(Severity::warning, "descriptors", "1024")));
  config.limits.max_connections = 5000;
  const Findings findings = check_machine(config, facts);
  EXPECT_THAT(findings, Contains(AllOf(is(Severity::problem, "descriptors"),
                                       Field(&Finding::mend, HasSubstr("5064")))));
  expect_remedies(findings);
}

TEST(Doctor, WarnsOfAShortQueueOfNewConnections) {
  MachineFacts facts = good_machine();
  facts.somaxconn = 128;
  EXPECT_THAT(check_machine(Config{}, facts),
              Contains(AllOf(is(Severity::warning, "somaxconn"),
                             Field(&Finding::mend, HasSubstr("sysctl -w")))));
}

TEST(Doctor, LooksAtTheClock) {
  MachineFacts facts = good_machine();
  facts.clock_synchronised = false;
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::warning, "clock")));
  facts.now = std::chrono::sys_days{std::chrono::year(1970) / 1 / 2};
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::problem, "clock")));
  facts = good_machine();
  facts.clock_synchronised.reset();  // a container that may not ask
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::ok, "clock")));
}

TEST(Doctor, LooksAtTheDisk) {
  MachineFacts facts = good_machine();
  facts.disk.free_bytes = 1ull << 30;  // the history may grow to 10 GiB
  EXPECT_THAT(check_machine(Config{}, facts),
              Contains(AllOf(is(Severity::warning, "disk", "10.0 GiB"),
                             Field(&Finding::mend, HasSubstr("maxStoreSize: 512MiB")))));
  facts.disk.used_by_history = 9ull << 30;  // it has grown already
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::ok, "disk")));
  facts.disk.free_bytes = 1000;
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::problem, "disk")));
  facts = good_machine();
  facts.disk.free_inodes = 3;
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::problem, "disk", "inodes")));
  facts = good_machine();
  facts.disk.writable = false;
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::problem, "disk")));
  facts = good_machine();
  facts.disk.file_system = "nfs";
  EXPECT_THAT(check_machine(Config{}, facts), Contains(is(Severity::problem, "disk", "nfs")));
  facts.disk.file_system = "tmpfs";
  const Findings findings = check_machine(Config{}, facts);
  EXPECT_THAT(findings, Contains(is(Severity::warning, "disk", "tmpfs")));
  expect_remedies(findings);
}

TEST(Doctor, WarnsWhenQueuesMayTakeMostOfTheMemory) {
  MachineFacts facts = good_machine();
  facts.memory = 1ull << 30;
  EXPECT_THAT(check_machine(Config{}, facts),
              Contains(AllOf(is(Severity::warning, "memory"),
                             Field(&Finding::mend, HasSubstr("maxOutboundTotal: 256MiB")))));
}

TEST(Doctor, SmellsWhatIsDangerousOutsideOfThisMachine) {
  Config config;
  config.listen = {"0.0.0.0:8080"};
  EXPECT_THAT(check_smells(config, kNow), ElementsAre(is(Severity::warning, "configuration",
                                                         "clear text")));
  config.trusted_proxies = {"10.0.0.0/8"};  // which then has the TLS
  EXPECT_THAT(check_smells(config, kNow), ElementsAre(is(Severity::ok, "configuration")));
  config.tls.self_signed = true;
  config.admin.listen = "0.0.0.0:9464";
  config.dev_issuer = true;
  config.outbound.allow_link_local = true;
  config.log.level = "debug";
  config.drain_timeout = 60s;
  const Findings findings = check_smells(config, kNow);
  for (const char* what : {"selfSigned", "admin.listen", "devIssuer", "allowLinkLocal", "log.level",
                           "drainTimeout", "tls.required"}) {
    EXPECT_THAT(findings, Contains(is(Severity::warning, "configuration", what))) << what;
  }
  expect_remedies(findings);
}

TEST(Doctor, NamesKeysThatExpireByTheirDescriptionNeverByThemselves) {
  Config config;
  ApiConfig api;
  api.api_keys.push_back({"da2-secretsecret", "web", kNow + 24h, {"eventsd.yaml", 7, 1}});
  api.api_keys.push_back({"da2-othersecret", "old", kNow - 24h, {"eventsd.yaml", 8, 1}});
  api.api_keys.push_back({"da2-thirdsecret", "new", kNow + 24h * 60, {"eventsd.yaml", 9, 1}});
  config.apis.push_back(std::move(api));
  const Findings findings = check_smells(config, kNow);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_THAT(findings[0].found, HasSubstr("eventsd.yaml:7: API key \"web\" expires within"));
  EXPECT_THAT(findings[1].found, HasSubstr("\"old\" has expired"));
  EXPECT_THAT(findings, Each(Field(&Finding::found, Not(HasSubstr("da2-")))));
}

TEST(Doctor, TriesThePorts) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor taken(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const std::string port = std::to_string(taken.local_endpoint().port());
  std::string folder = ::testing::TempDir() + "doctor-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  Config config;
  config.data_dir = folder;
  config.listen = {"127.0.0.1:" + port};
  config.admin.listen = "127.0.0.1:0";
  EXPECT_THAT(check_ports(config), ElementsAre(AllOf(is(Severity::problem, "port"),
                                                     Field(&Finding::mend, HasSubstr(port))),
                                               is(Severity::ok, "port")));
  // What the daemon of this data directory listens on is as it should be.
  std::ofstream(folder + "/endpoint.json") << R"({"http":"http://127.0.0.1:)" << port
                                                  << R"("})";
  EXPECT_THAT(check_ports(config),
              ElementsAre(is(Severity::ok, "port", "served by"), is(Severity::ok, "port")));
  std::filesystem::remove_all(folder);
}

TEST(Doctor, ResolvesTheHostsOfIssuersAndFunctions) {
  Config config;
  ApiConfig api;
  AuthProviderConfig issuer;
  issuer.open_id_connect.issuer = "https://issuer.example.com/realm";
  AuthProviderConfig pool;
  pool.cognito.user_pool_id = "eu-west-1_abc";
  pool.cognito.aws_region = "eu-west-1";
  api.auth_providers = {issuer, pool};
  config.apis.push_back(api);
  config.lambda_functions = {{"f", "http://lambda.example.com:9001", {}}};
  std::vector<std::string> asked;
  const Findings findings = check_names(config, [&](const std::string& host) -> std::string {
    asked.push_back(host);
    return host.starts_with("issuer") ? "Name or service not known" : "";
  });
  EXPECT_THAT(asked, ElementsAre("cognito-idp.eu-west-1.amazonaws.com", "issuer.example.com",
                                 "lambda.example.com"));
  EXPECT_THAT(findings, Contains(is(Severity::problem, "name", "issuer.example.com")).Times(1));
  expect_remedies(findings);
}

TEST(Doctor, ResolvesTheHostsOfDataSources) {
  Config config;
  ApiConfig api;
  DataSourceConfig http;
  http.type = DataSourceType::http;
  http.http.endpoint = "http://http.example:9000/path";
  DataSourceConfig search;
  search.type = DataSourceType::open_search;
  search.open_search.endpoint = "https://search.example";
  DataSourceConfig moved = search;
  moved.open_search.endpoint = "https://moved.example";
  DataSourceConfig database;
  database.type = DataSourceType::relational_database;
  database.relational.connection_string =
      "postgresql://me:secret@db1.example,db2.example:5433/chat";
  api.data_sources = {http, search, moved, database};
  config.apis.push_back(api);
  config.open_search = {{"https://moved.example", "http://stands-for.example:9200", {}}};
  config.event_bridge = {{"arn", "webhook+https://hook.example/secret", {}}};
  config.bedrock = {{"*", "http://model.example", {}}};
  config.rds = {{"cluster", "host=/run/postgresql,rds.example user=me password=secret", {}}};
  config.dynamodb.endpoint = "https://dynamodb.example";
  std::vector<std::string> asked;
  const Findings findings = check_names(config, [&](const std::string& host) -> std::string {
    asked.push_back(host);
    return "Name or service not known";
  });
  EXPECT_THAT(asked, ElementsAre("db1.example", "db2.example", "dynamodb.example", "hook.example",
                                 "http.example", "model.example", "rds.example", "search.example",
                                 "stands-for.example"));
  EXPECT_THAT(findings, Each(is(Severity::problem, "name")));
  expect_remedies(findings);
}

TEST(Doctor, ResolvesForItselfWhatNeedsNoNetwork) {
  EXPECT_EQ(resolve_host("127.0.0.1"), "");
  EXPECT_NE(resolve_host("no such host"), "");
}

TEST(Doctor, SaysThatACertificateCannotBeRead) {
  TlsConfig tls;
  EXPECT_THAT(check_certificate(tls, kNow), IsEmpty());
  tls.certificate = "/nowhere/cert.pem";
  tls.private_key = "/nowhere/key.pem";
  const Findings findings = check_certificate(tls, kNow);
  EXPECT_THAT(findings, Each(is(Severity::problem, "certificate")));
  EXPECT_EQ(findings.size(), 2u);
  expect_remedies(findings);
}

}  // namespace
}  // namespace eventsd::app
