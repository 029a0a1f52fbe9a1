#include "eventsd/channel.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventsd {
namespace {

// The normalised path, "" when refused.
std::string parsed(std::string_view text, Wildcard wildcard = Wildcard::allow) {
  const Result<Channel> channel = Channel::parse(text, wildcard);
  return channel ? channel->path() : "";
}

Channel pattern(std::string_view text) { return *Channel::parse(text, Wildcard::allow); }

TEST(ChannelName, GetsALeadingSlashAndLosesATrailingOne) {
  for (const char* text : {"default/x", "/default/x", "default/x/", "/default/x/"}) {
    EXPECT_EQ(parsed(text), "/default/x");
  }
}

TEST(ChannelName, MayBeTheNamespaceAlone) { EXPECT_EQ(parsed("news"), "/news"); }

TEST(ChannelName, HasOneToFiveSegments) {
  EXPECT_EQ(parsed("/a/b/c/d/e"), "/a/b/c/d/e");
  EXPECT_EQ(parsed("/a/b/c/d/e/"), "/a/b/c/d/e");
  EXPECT_EQ(parsed("/a/b/c/d/e/f"), "");
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("/"), "");
}

TEST(ChannelName, HasSegmentsOfOneToFiftyCharacters) {
  const std::string longest(50, 'x');
  EXPECT_EQ(parsed("/" + longest), "/" + longest);
  EXPECT_EQ(parsed("/" + longest + "x"), "");
  std::string five;
  for (int i = 0; i < 5; ++i) five += "/" + longest;
  EXPECT_EQ(parsed(five + "/"), five);
  EXPECT_EQ(parsed(five + "x"), "");
}

TEST(ChannelName, HasNoEmptySegment) {
  for (const char* text : {"//", "//a", "a//", "a//b", "/a//"}) EXPECT_EQ(parsed(text), "") << text;
}

TEST(ChannelName, AllowsLettersDigitsAndInnerDashesOnly) {
  EXPECT_EQ(parsed("/Az09/a-b--c"), "/Az09/a-b--c");
  for (const char* text :
       {"a_b", "a.b", "a:b", "a b", "-a", "a-", "a/-", "a/b-/c", "a\xc3\xa9", "*a", "a\n"}) {
    EXPECT_EQ(parsed(text), "") << text;
  }
  EXPECT_EQ(parsed(std::string_view("a\0b", 3)), "");
}

TEST(ChannelName, KeepsItsCase) { EXPECT_EQ(parsed("/News"), "/News"); }

TEST(ChannelName, IsRefusedWithTheTextOfTheRealService) {
  const Result<Channel> channel = Channel::parse("a b", Wildcard::allow);
  ASSERT_FALSE(channel);
  EXPECT_EQ(channel.error().kind, ErrorKind::bad_request);
  EXPECT_EQ(channel.error().message, "Invalid Channel Format");
}

TEST(ChannelName, BeginsWithTheNamespace) {
  EXPECT_EQ(pattern("/default/a/b").namespace_name(), "default");
  EXPECT_EQ(pattern("/default").namespace_name(), "default");
  EXPECT_EQ(pattern("/default/*").namespace_name(), "default");
}

TEST(ChannelName, IsEmptyBeforeItWasParsed) {
  EXPECT_EQ(Channel().path(), "");
  EXPECT_EQ(Channel().namespace_name(), "");
  EXPECT_FALSE(Channel().is_wildcard());
}

TEST(ChannelPattern, HasItsWildcardAsTheWholeLastSegment) {
  EXPECT_EQ(parsed("default/*"), "/default/*");
  EXPECT_EQ(parsed("/default/a/*/"), "/default/a/*");
  for (const char* text : {"/a/b*", "/a/*b", "/a/*/c", "/a/**", "/*/a"}) {
    EXPECT_EQ(parsed(text), "") << text;
  }
}

TEST(ChannelPattern, NamesANamespace) {
  EXPECT_EQ(parsed("/*"), "");
  EXPECT_EQ(parsed("*"), "");
}

TEST(ChannelPattern, CountsTheWildcardAsASegment) {
  EXPECT_EQ(parsed("/a/b/c/d/*"), "/a/b/c/d/*");
  EXPECT_EQ(parsed("/a/b/c/d/e/*"), "");
}

TEST(ChannelPattern, IsRefusedWherePlainNamesAreWanted) {
  EXPECT_EQ(parsed("/default/*", Wildcard::refuse), "");
  EXPECT_EQ(parsed("/default/x", Wildcard::refuse), "/default/x");
}

TEST(ChannelPattern, WithoutWildcardMatchesItselfAlone) {
  EXPECT_TRUE(pattern("/a/b").matches("/a/b"));
  EXPECT_FALSE(pattern("/a/b").matches("/a"));
  EXPECT_FALSE(pattern("/a/b").matches("/a/b/c"));
  EXPECT_FALSE(pattern("/a/b").matches("/a/B"));
}

TEST(ChannelPattern, TrailingWildcardMatchesEveryDescendant) {
  EXPECT_TRUE(pattern("/default/*").matches("/default/greetings"));
  EXPECT_TRUE(pattern("/default/*").matches("/default/greetings/tutorial"));
  EXPECT_TRUE(pattern("/default/a/*").matches("/default/a/b/c"));
}

TEST(ChannelPattern, TrailingWildcardNeverMatchesTheChannelItself) {
  EXPECT_FALSE(pattern("/default/*").matches("/default"));
  EXPECT_FALSE(pattern("/default/*").matches("/default/"));
}

TEST(ChannelPattern, TrailingWildcardMatchesWholeSegments) {
  EXPECT_FALSE(pattern("/default/a/*").matches("/default/ab/c"));
  EXPECT_FALSE(pattern("/default/*").matches("/default2/a"));
}

TEST(ChannelSegment, IsANamespaceNameToo) {
  EXPECT_TRUE(is_channel_segment("a"));
  EXPECT_TRUE(is_channel_segment("a-1"));
  EXPECT_FALSE(is_channel_segment(""));
  EXPECT_FALSE(is_channel_segment("-"));
  EXPECT_FALSE(is_channel_segment("a/b"));
  EXPECT_FALSE(is_channel_segment("*"));
  EXPECT_FALSE(is_channel_segment(std::string(51, 'a')));
}

}  // namespace
}  // namespace eventsd
