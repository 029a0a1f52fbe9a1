#include "config/grammar.hpp"

#include <gtest/gtest.h>

namespace eventsd::config {
namespace {

using Check = std::string (*)(std::string&);

bool accepts(Check check, std::string text) { return check(text).empty(); }

TEST(ListenAddress, IsAnIpAddressAndAPort) {
  for (const char* text : {"127.0.0.1:8080", "0.0.0.0:0", "[::]:65535", "[::1]:1"}) {
    EXPECT_TRUE(accepts(check_listen_address, text)) << text;
  }
  for (const char* text : {"", ":8080", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "::1:80", "[::1]", "[::1:80", "256.0.0.1:1", "example.com:80",
                           "127.0.0.1:-1", "*:80", "http://127.0.0.1:80"}) {
    EXPECT_FALSE(accepts(check_listen_address, text)) << text;
  }
}

TEST(ListenAddress, LocalhostStandsForTheLoopbackAddress) {
  std::string text = "localhost:8080";
  EXPECT_EQ(check_listen_address(text), "");
  EXPECT_EQ(text, "127.0.0.1:8080");
}

TEST(ListenAddress, LoopbackIsRecognised) {
  EXPECT_TRUE(is_loopback_address("127.8.0.1:1"));
  EXPECT_TRUE(is_loopback_address("[::1]:1"));
  EXPECT_FALSE(is_loopback_address("0.0.0.0:1"));
  EXPECT_FALSE(is_loopback_address("[::]:1"));
  EXPECT_FALSE(is_loopback_address("10.127.0.1:1"));
}

TEST(CidrBlock, HasAPrefixThatFitsTheAddress) {
  for (const char* text : {"10.0.0.0/8", "10.0.0.1", "::1", "fd00::/8", "0.0.0.0/0", "::/128"}) {
    EXPECT_TRUE(accepts(check_cidr, text)) << text;
  }
  for (const char* text : {"", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1",
                           "proxy", "10.0.0.0/8/8", "[::1]"}) {
    EXPECT_FALSE(accepts(check_cidr, text)) << text;
  }
}

TEST(Origin, IsWhatABrowserSends) {
  for (const char* text : {"*", "https://example.com", "http://localhost:3000", "http://[::1]:80",
                           "http://[::1]", "capacitor://localhost"}) {
    EXPECT_TRUE(accepts(check_origin, text)) << text;
  }
  for (const char* text : {"", "example.com", "https://", "https://a/", "https://a/b", "://a",
                           "https://a:x", "https://*.a", "ht tp://a", "https://a:"}) {
    EXPECT_FALSE(accepts(check_origin, text)) << text;
  }
}

TEST(HostName, HasNoSchemeAndNoPort) {
  std::string text = "Events.Example.COM";
  EXPECT_EQ(check_domain(text), "");
  EXPECT_EQ(text, "events.example.com");
  for (const char* bad : {"", "https://a", "a:80", "a..b", "-a", "a-", "a b", "[::1]", ".a"}) {
    EXPECT_FALSE(accepts(check_domain, bad)) << bad;
  }
  EXPECT_FALSE(accepts(check_domain, std::string(64, 'a')));
  EXPECT_TRUE(accepts(check_host, "[::1]"));
  EXPECT_FALSE(accepts(check_host, "[::x]"));
}

TEST(Identity, RegionAndAccountHaveTheirForms) {
  EXPECT_TRUE(accepts(check_region, "eu-central-1"));
  EXPECT_FALSE(accepts(check_region, "EU"));
  EXPECT_FALSE(accepts(check_region, ""));
  EXPECT_TRUE(accepts(check_account_id, "000000000000"));
  EXPECT_FALSE(accepts(check_account_id, "12"));
  EXPECT_FALSE(accepts(check_account_id, "00000000000a"));
}

TEST(Identity, CredentialsFitAHeader) {
  EXPECT_TRUE(accepts(check_credential, "da2-abc!~"));
  EXPECT_FALSE(accepts(check_credential, "a b"));
  EXPECT_FALSE(accepts(check_credential, "a\nb"));
  EXPECT_FALSE(accepts(check_credential, "\xc3\xa9"));
  EXPECT_FALSE(accepts(check_credential, std::string(4097, 'a')));
}

}  // namespace
}  // namespace eventsd::config
