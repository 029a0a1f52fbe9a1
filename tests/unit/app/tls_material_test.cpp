#include "app/tls_material.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "net/self_signed.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

namespace fs = std::filesystem;

// A certificate and its key as an operator would configure them, and another pair.
class TlsMaterialTest : public ::testing::Test {
 protected:
  TlsMaterialTest() {
    const TlsConfig first = *net::prepare_self_signed({}, dir_.path("first"));
    config_.certificate = dir_.path("cert.pem");
    config_.private_key = dir_.path("key.pem");
    install(first);
  }
  void install(const TlsConfig& pair) {
    fs::copy_file(pair.certificate, config_.certificate, fs::copy_options::overwrite_existing);
    fs::copy_file(pair.private_key, config_.private_key, fs::copy_options::overwrite_existing);
    // A clock that moves by hand: a change within one tick of the file system's clock shows too.
    moment_ += std::chrono::seconds(10);
    fs::last_write_time(config_.certificate, moment_);
  }
  test::TempDir dir_;
  TlsConfig config_;
  TlsMaterial material_{dir_.path("data")};
  fs::file_time_type moment_ = fs::file_time_type::clock::now();
};

TEST_F(TlsMaterialTest, HasNoContextWithoutTls) {
  ASSERT_TRUE(material_.load({}));
  EXPECT_EQ(material_.context(), nullptr);
  EXPECT_FALSE(*material_.refresh());
}

TEST_F(TlsMaterialTest, LoadsTheFilesThatAreNamed) {
  ASSERT_TRUE(material_.load(config_));
  EXPECT_NE(material_.context(), nullptr);
  EXPECT_FALSE(*material_.refresh());
}

TEST_F(TlsMaterialTest, TakesUpFilesThatHaveBeenReplaced) {
  ASSERT_TRUE(material_.load(config_));
  const net::TlsContextPtr before = material_.context();
  install(*net::prepare_self_signed({}, dir_.path("second")));
  EXPECT_TRUE(*material_.refresh());
  EXPECT_NE(material_.context(), before);
}

TEST_F(TlsMaterialTest, KeepsWhatItHasWhenTheNewFilesAreFaultyAndSaysSoOnce) {
  ASSERT_TRUE(material_.load(config_));
  const net::TlsContextPtr before = material_.context();
  dir_.write("cert.pem", "nonsense");
  EXPECT_FALSE(material_.refresh());
  const auto again = material_.refresh();
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  EXPECT_EQ(material_.context(), before);
}

TEST_F(TlsMaterialTest, KeepsWhatItHasWhenANewConfigurationIsFaulty) {
  ASSERT_TRUE(material_.load(config_));
  const net::TlsContextPtr before = material_.context();
  TlsConfig faulty = config_;
  faulty.certificate = dir_.path("none.pem");
  EXPECT_FALSE(material_.load(faulty));
  EXPECT_EQ(material_.context(), before);
  EXPECT_FALSE(*material_.refresh());
}

TEST_F(TlsMaterialTest, MakesASelfSignedPairInTheDataDirectory) {
  TlsConfig config;
  config.self_signed = true;
  ASSERT_TRUE(material_.load(config));
  EXPECT_NE(material_.context(), nullptr);
  EXPECT_TRUE(fs::exists(net::self_signed_ca_file(dir_.path("data"))));
  EXPECT_FALSE(*material_.refresh());
}

TEST_F(TlsMaterialTest, RemakesASelfSignedPairThatIsGone) {
  TlsConfig config;
  config.self_signed = true;
  ASSERT_TRUE(material_.load(config));
  fs::remove_all(dir_.path("data"));
  EXPECT_TRUE(*material_.refresh());
}

TEST_F(TlsMaterialTest, DropsItsContextWhenTlsIsSwitchedOff) {
  ASSERT_TRUE(material_.load(config_));
  ASSERT_TRUE(material_.load({}));
  EXPECT_EQ(material_.context(), nullptr);
}

}  // namespace
}  // namespace eventsd::app
