#include "net/self_signed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <sys/stat.h>

#include <filesystem>

#include "net/tls_context.hpp"
#include "unit/net/support/certificates.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::net {
namespace {

using std::chrono::system_clock;
using test::make_leaf;
using test::verify;
using ::testing::HasSubstr;

TlsConfig with_names(std::vector<std::string> names) {
  TlsConfig config;
  config.self_signed = true;
  config.names = std::move(names);
  return config;
}

class SelfSigned : public ::testing::Test {
 protected:
  TlsConfig prepare(std::vector<std::string> names = {},
                    system_clock::time_point now = system_clock::now()) {
    auto prepared = prepare_self_signed(with_names(std::move(names)), dir_.path(), now);
    EXPECT_TRUE(prepared) << prepared.error().message;
    return *prepared;
  }
  X509Ptr ca() { return test::read_certificate(self_signed_ca_file(dir_.path())); }
  unsigned mode(const std::string& file) {
    struct stat status{};
    ::stat(file.c_str(), &status);
    return status.st_mode & 0777;
  }
  // What a thief of the CA's key could do: the verdict on a certificate for `subject_alt_name`.
  int verdict_on(const std::string& subject_alt_name) {
    const KeyPtr stolen(EVP_EC_gen("P-256"));
    const X509Ptr ca_with_key = test::rekey_ca(ca().get(), stolen.get());
    const X509Ptr leaf = make_leaf(ca_with_key.get(), stolen.get(), subject_alt_name);
    return verify(leaf.get(), ca_with_key.get());
  }
  test::TempDir dir_;
};

TEST_F(SelfSigned, LeafIsValidForEveryNameOfThisMachine) {
  const TlsConfig config = prepare({"events.test", "*.apps.test", "192.168.1.5", "fd00::5"});
  const X509Ptr leaf = test::read_certificate(config.certificate);
  for (const char* host :
       {"localhost", "127.0.0.1", "::1", "events.test", "a.apps.test", "192.168.1.5", "fd00::5"}) {
    EXPECT_EQ(verify(leaf.get(), ca().get(), host), X509_V_OK) << host;
  }
  EXPECT_EQ(verify(leaf.get(), ca().get(), "example.com"), X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST_F(SelfSigned, CaIsConstrainedToItsNames) {
  prepare({"events.test", "192.168.1.5"});
  EXPECT_EQ(verdict_on("DNS:localhost"), X509_V_OK);
  EXPECT_EQ(verdict_on("DNS:sub.events.test"), X509_V_OK);
  EXPECT_EQ(verdict_on("IP:127.9.9.9"), X509_V_OK);
  EXPECT_EQ(verdict_on("DNS:example.com"), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(verdict_on("DNS:events.test.example.com"), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(verdict_on("IP:192.168.1.6"), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(verdict_on("IP:fe80::1"), X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_F(SelfSigned, CaMaySignNoFurtherCa) {
  prepare();
  EXPECT_EQ(X509_get_pathlen(ca().get()), 0);
  EXPECT_EQ(X509_get_key_usage(ca().get()), static_cast<std::uint32_t>(KU_KEY_CERT_SIGN));
}

TEST_F(SelfSigned, KeyFileIsForTheOwnerOnlyAndTheCaKeyIsNowhere) {
  const TlsConfig config = prepare();
  EXPECT_EQ(mode(config.private_key), 0600u);
  EXPECT_EQ(mode(self_signed_ca_file(dir_.path())), 0644u);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 3);
}

TEST_F(SelfSigned, SecondStartKeepsTheCertificate) {
  const TlsConfig config = prepare({"events.test"});
  const TlsFilesStamp before = stamp(config);
  EXPECT_EQ(stamp(prepare({"events.test"})), before);
}

TEST_F(SelfSigned, IsRemadeWhenNamesChange) {
  const std::string before = read_certificate_info(prepare().certificate)->sha256;
  EXPECT_NE(read_certificate_info(prepare({"events.test"}).certificate)->sha256, before);
}

TEST_F(SelfSigned, IsRemadeWhenThirtyDaysAreLeftAndNotBefore) {
  const auto now = system_clock::now();
  const std::string first = read_certificate_info(prepare({}, now).certificate)->sha256;
  const auto before_renewal = now + std::chrono::hours(24 * 366);
  EXPECT_EQ(read_certificate_info(prepare({}, before_renewal).certificate)->sha256, first);
  const auto renewal = now + std::chrono::hours(24 * 367);
  EXPECT_NE(read_certificate_info(prepare({}, renewal).certificate)->sha256, first);
}

TEST_F(SelfSigned, IsRemadeWhenAPartIsMissingOrDoesNotFit) {
  const TlsConfig config = prepare();
  std::filesystem::remove(self_signed_ca_file(dir_.path()));
  prepare();
  EXPECT_NE(ca(), nullptr);
  const std::string key = test::read_file(config.private_key);
  prepare({"events.test"});
  std::filesystem::remove(config.private_key);
  dir_.write("tls/key.pem", key);
  prepare({"events.test"});
  EXPECT_TRUE(load_tls_context(config));
}

TEST_F(SelfSigned, RefusesWhatIsNoName) {
  for (const char* name :
       {"https://events.test", "events.test:8443", "", "a,DNS:evil.test", "a b"}) {
    const auto prepared = prepare_self_signed(with_names({name}), dir_.path());
    ASSERT_FALSE(prepared) << name;
    EXPECT_THAT(prepared.error().message, HasSubstr("tls.names"));
  }
}

TEST_F(SelfSigned, SaysWhichFileCannotBeWritten) {
  const std::string file = dir_.write("occupied", "");
  const auto prepared = prepare_self_signed({}, file);
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.error().message, HasSubstr(file));
}

}  // namespace
}  // namespace eventsd::net
