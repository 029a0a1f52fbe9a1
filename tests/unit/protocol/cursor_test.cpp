#include "protocol/cursor.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventsd::protocol {
namespace {

ChannelNamespace make_namespace(std::string api_id, std::string name) {
  ChannelNamespace channel_namespace;
  channel_namespace.api_id = std::move(api_id);
  channel_namespace.name = std::move(name);
  return channel_namespace;
}

const ChannelNamespace kDefault = make_namespace("abc", "default");
constexpr Cursor kCursor{0x0123456789abcdef, 42};

TEST(CursorText, ComesBackAsItWas) {
  for (const Cursor cursor : {kCursor, Cursor{0, 0}, Cursor{UINT64_MAX, UINT64_MAX}}) {
    const auto decoded = decode_cursor(encode_cursor(cursor, kDefault), kDefault);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, cursor);
  }
}

TEST(CursorText, NeverChangesItsForm) {
  // Clients keep cursors across upgrades of the server.
  EXPECT_EQ(encode_cursor(kCursor, kDefault), "AQEjRWeJq83vAAAAAAAAACq1hO2X");
}

TEST(CursorText, IsOfOneNamespace) {
  const std::string text = encode_cursor(kCursor, kDefault);
  EXPECT_FALSE(decode_cursor(text, make_namespace("abc", "other")));
}

TEST(CursorText, IsStillReadWhenTheApiGotAnotherId) {
  const auto decoded =
      decode_cursor(encode_cursor(kCursor, kDefault), make_namespace("xyz", "default"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, kCursor);
}

TEST(CursorText, DoesNotDependOnTheNumberOfTheNamespace) {
  ChannelNamespace after_restart = kDefault;
  after_restart.key = 7;
  EXPECT_TRUE(decode_cursor(encode_cursor(kCursor, kDefault), after_restart));
}

TEST(CursorText, IsRefusedAfterAnyChange) {
  const std::string text = encode_cursor(kCursor, kDefault);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decode_cursor(changed, kDefault)) << i;
  }
}

TEST(CursorText, IsRefusedWhenMalformed) {
  const std::string text = encode_cursor(kCursor, kDefault);
  for (const std::string& bad : {std::string(), std::string("x"), text + "A", text.substr(1),
                                 text + "=", std::string(28, '!'), std::string(28, 'A')}) {
    const auto decoded = decode_cursor(bad, kDefault);
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().kind, ErrorKind::bad_request);
  }
}

}  // namespace
}  // namespace eventsd::protocol
