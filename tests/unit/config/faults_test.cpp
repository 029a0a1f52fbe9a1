// What is refused, and how the fault reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/support/loading.hpp"

namespace eventsd::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(ConfigFault, AnUnknownKeyGivesItsPlaceAndTheNearestName) {
  EXPECT_THAT(faults_of("threads: 1\nlisen: x"),
              ElementsAre("f.yaml:2:1: unknown key \"lisen\"; did you mean \"listen\"?"));
  EXPECT_THAT(faults_of("limits:\n  max_event_size: 1"),
              ElementsAre("f.yaml:2:3: unknown key \"max_event_size\" in limits; did you mean "
                          "\"maxEventSize\"?"));
}

TEST(ConfigFault, AKeyInTheWrongSectionGivesItsPath) {
  EXPECT_THAT(faults_of("maxEventSize: 1"), ElementsAre(HasSubstr("\"limits.maxEventSize\"")));
}

TEST(ConfigFault, AKeyLikeNoOtherGivesTheKnownOnes) {
  EXPECT_THAT(faults_of("cors: {zzzzzzzz: 1}"), ElementsAre(HasSubstr("known here: allowOrigins")));
}

TEST(ConfigFault, EveryFaultIsReportedInTheOrderOfTheFile) {
  EXPECT_THAT(
      faults_of("thread: 1\nregion: EU\nlog:\n  level: loud\naccountId: 1\n"),
      ElementsAre(StartsWith("f.yaml:1:1: "), StartsWith("f.yaml:2:9: region: "),
                  StartsWith("f.yaml:4:10: log.level: "), StartsWith("f.yaml:5:12: accountId: ")));
}

TEST(ConfigFault, ADuplicateKeyIsRefused) {
  EXPECT_THAT(faults_of("threads: 1\nthreads: 2"),
              ElementsAre("f.yaml:2:1: threads: already set in line 1; remove one"));
}

TEST(ConfigFault, AWrongTypeSaysWhatWasExpected) {
  EXPECT_THAT(faults_of("threads: [1]"),
              ElementsAre(HasSubstr("a whole number, from 0 to 1024, not a list")));
  EXPECT_THAT(faults_of("tls: yes"), ElementsAre(HasSubstr("tls: expected a section of options")));
  EXPECT_THAT(faults_of("listen: {a: b}"), ElementsAre(HasSubstr("listen: expected a list")));
  EXPECT_THAT(faults_of("log: {access: maybe}"), ElementsAre(HasSubstr("true or false")));
  EXPECT_THAT(faults_of("apis: {name: a}"), ElementsAre(HasSubstr("apis: expected a list")));
  EXPECT_THAT(faults_of("listen: [[]]"), ElementsAre(HasSubstr("listen[0]: expected text")));
}

TEST(ConfigFault, ValuesOutOfRangeAreRefused) {
  for (const char* text :
       {"threads: -1", "threads: 1025", "limits: {maxEventSize: 0}", "limits: {maxEventSize: -5}",
        "limits: {keepAliveInterval: 0s}", "limits: {maxEventsPerPublish: 0}",
        "limits: {publishesPerSecondPerConnection: 4294967296}", "drainTimeout: -1s",
        "limits: {maxConnections: 99999999999999999999}"}) {
    EXPECT_EQ(faults_of(text).size(), 1u) << text;
  }
}

TEST(ConfigFault, ZeroIsAllowedWhereItMeansSomething) {
  const auto config = load_good(
      "drainTimeout: 0s\nthreads: 0\n"
      "limits: {publishesPerSecondPerConnection: 0, maxConnections: 0, maxConnectionsPerIp: 0}");
  EXPECT_EQ(config->limits.publishes_per_second_per_connection, 0u);
  EXPECT_EQ(config->drain_timeout.count(), 0);
}

TEST(ConfigFault, ADurationNeedsItsUnit) {
  EXPECT_THAT(faults_of("drainTimeout: 10"), ElementsAre(HasSubstr("a duration such as")));
}

TEST(ConfigFault, ListenNeedsAtLeastOneAddress) {
  EXPECT_THAT(faults_of("listen: []"), ElementsAre(HasSubstr("needs at least one address")));
}

TEST(ConfigFault, AnAddressIsListenedOnOnce) {
  EXPECT_THAT(faults_of("listen: [127.0.0.1:1, 127.0.0.1:1]"),
              ElementsAre(HasSubstr("given twice")));
  EXPECT_THAT(faults_of("listen: [127.0.0.1:9464]"),
              ElementsAre(HasSubstr("public and the admin")));
  EXPECT_THAT(faults_of("listen: [127.0.0.1:0, 127.0.0.1:0]\nadmin: {listen: 127.0.0.1:0}"),
              IsEmpty());
}

TEST(TlsConfig, ACertificateAndItsKeyComeTogether) {
  EXPECT_THAT(faults_of("tls: {certificate: c.pem}"),
              ElementsAre(HasSubstr("tls.certificate: needs tls.privateKey")));
  EXPECT_THAT(faults_of("tls: {privateKey: k.pem}"),
              ElementsAre(HasSubstr("tls.privateKey: needs tls.certificate")));
}

TEST(TlsConfig, SelfSignedExcludesACertificate) {
  EXPECT_THAT(faults_of("tls: {certificate: c.pem, privateKey: k.pem, selfSigned: true}"),
              ElementsAre(HasSubstr("tls.selfSigned: excludes tls.certificate")));
}

TEST(TlsConfig, RequiredByDefaultWithACertificateOnly) {
  EXPECT_TRUE(load_good("tls: {certificate: c.pem, privateKey: k.pem}")->tls.required);
  EXPECT_FALSE(load_good("tls: {selfSigned: true}")->tls.required);
  EXPECT_FALSE(
      load_good("tls: {certificate: c.pem, privateKey: k.pem, required: false}")->tls.required);
  EXPECT_TRUE(load_good("tls: {selfSigned: true, required: true}")->tls.required);
}

TEST(TlsConfig, CannotBeRequiredWhenThereIsNone) {
  EXPECT_THAT(faults_of("tls: {required: true}"), ElementsAre(HasSubstr("tls.required: needs")));
}

TEST(TlsConfig, PathsStartAtTheFilesFolder) {
  const auto loaded =
      load_config_text("tls: {certificate: c.pem, privateKey: /k.pem}", "/etc/eventsd/e.yaml");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->tls.certificate, "/etc/eventsd/c.pem");
  EXPECT_EQ(loaded.config->tls.private_key, "/k.pem");
}

TEST(AdminConfig, ANonLoopbackAddressNeedsAToken) {
  EXPECT_THAT(
      faults_of("admin: {listen: 0.0.0.0:9464}"),
      ElementsAre(AllOf(StartsWith("f.yaml:1:17: admin.listen: "), HasSubstr("admin.token"))));
  EXPECT_THAT(faults_of("admin: {listen: 0.0.0.0:9464, token: 0123456789abcdef}"), IsEmpty());
  EXPECT_THAT(faults_of("admin: {listen: \"[::1]:9464\"}"), IsEmpty());
  EXPECT_THAT(faults_of("admin: {listen: \"localhost:9464\"}"), IsEmpty());
}

TEST(AdminConfig, AGuessableTokenWarns) {
  EXPECT_THAT(warnings_of("admin: {token: short}"), ElementsAre(HasSubstr("can be guessed")));
}

TEST(StrictLimits, RefuseAnotherValueForWhatAppSyncFixes) {
  EXPECT_THAT(faults_of("limits: {strict: true, maxEventsPerPublish: 6}"),
              ElementsAre("f.yaml:1:45: limits.maxEventsPerPublish: limits.strict pins it to 5; "
                          "remove it, or remove limits.strict"));
  EXPECT_EQ(faults_of("limits: {strict: true, maxEventSize: 1, maxPublishSize: 1, "
                      "maxSubscriptionsPerConnection: 1, publishesPerSecondPerConnection: 1, "
                      "maxConnectionLifetime: 1h, keepAliveInterval: 1s, connectionTimeout: 9s}")
                .size(),
            7u);
}

TEST(StrictLimits, AcceptTheSameValuesAndAllOtherLimits) {
  EXPECT_THAT(faults_of("limits: {strict: true, maxEventSize: 245760, maxConnections: 7}"),
              IsEmpty());
}

TEST(LimitsConfig, WarnsWhenClientsWouldReconnectForEver) {
  EXPECT_THAT(warnings_of("limits: {keepAliveInterval: 6m}"),
              ElementsAre(HasSubstr("reconnect again and again")));
  EXPECT_THAT(warnings_of("limits: {connectionTimeout: 10s}"),
              ElementsAre(StartsWith("f.yaml:1:29: limits.keepAliveInterval: ")));
}

TEST(TrustedProxies, WarnWhenEveryoneIsTrusted) {
  EXPECT_THAT(warnings_of("trustedProxies: [0.0.0.0/0]"),
              ElementsAre(HasSubstr("every address may claim")));
}

TEST(ConfigFault, ASectionIsSuggestedForAMisspelling) {
  EXPECT_THAT(faults_of("dynamoDb: {}"), ElementsAre(HasSubstr("did you mean \"dynamodb\"?")));
}

}  // namespace
}  // namespace eventsd::config
