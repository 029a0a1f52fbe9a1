#include "net/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::net {
namespace {

TEST(Url, SplitsIntoParts) {
  const auto url = parse_url("https://Events.Example.com:8443/event/history?channel=a#top");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->is_tls());
  EXPECT_EQ(url->host, "events.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/event/history");
  EXPECT_EQ(url->query, "channel=a");
  EXPECT_EQ(url->authority(), "events.example.com:8443");
  EXPECT_EQ(url->target(), "/event/history?channel=a");
  EXPECT_EQ(url->text(), "https://events.example.com:8443/event/history?channel=a");
}

TEST(Url, SchemeMayBeInCapitals) {
  const auto url = parse_url("HTTP://localhost:8080/event");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, UrlScheme::http);
}

TEST(Url, PortDefaultsToTheSchemesOwnAndIsThenLeftOut) {
  const std::pair<const char*, int> cases[] = {
      {"http://a", 80}, {"ws://a", 80}, {"https://a", 443}, {"wss://a", 443}};
  for (const auto& [text, port] : cases) {
    const auto url = parse_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->port, port);
    EXPECT_EQ(url->authority(), "a");
    EXPECT_EQ(url->target(), "/");
  }
}

TEST(Url, Ipv6AddressLosesItsBracketsAndGetsThemBack) {
  const auto url = parse_url("http://[::1]:8080/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
}

TEST(Url, QueryMayFollowTheHost) {
  const auto url = parse_url("http://a?b=/c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "a");
  EXPECT_EQ(url->target(), "/?b=/c");
}

TEST(Url, RefusesWhatCannotBeCalled) {
  for (const char* text :
       {"", "localhost:8080", "ftp://a", "http://", "http:///event", "http://a:0", "http://a:65536",
        "http://a:", "http://a:8o", "http://user:secret@a", "http://[::1", "http://[::1]8080",
        "http://[a/b]", "http://a b", "http://a/\r\nX: y", "http://\xc3\xa4", "http://a%00b"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, ErrorQuotesTheTextAndSaysWhatIsExpected) {
  const auto url = parse_url("localhost:8080");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().message,
            "\"localhost:8080\" is not a usable URL: it must begin with http://, https://, ws:// "
            "or wss://");
}

TEST(Url, ErrorShowsNoCredentials) {
  for (const std::string text :
       {"https://me:hunter2@host/", "https://me:hun/ter2@host", "https://me:hun ter2@host",
        "postgres://me:hunter2@host/db", "me:hunter2@host"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message, ::testing::Not(::testing::HasSubstr("ter2"))) << text;
    EXPECT_THAT(url.error().message, ::testing::HasSubstr("***@host")) << text;
  }
}

TEST(PercentEncode, KeepsUnreservedCharactersOnly) {
  EXPECT_EQ(percent_encode("a-Z_0.~"), "a-Z_0.~");
  EXPECT_EQ(percent_encode("/default/*?&=+ \xc3\xa4"), "%2Fdefault%2F%2A%3F%26%3D%2B%20%C3%A4");
}

}  // namespace
}  // namespace eventsd::net
