#include "protocol/ws_frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventsd::protocol {
namespace {

std::string frame(Opcode opcode, std::string_view payload) {
  std::string out;
  append_frame(out, opcode, payload);
  return out;
}

TEST(WsFrame, EncodesTheUnmaskedExampleOfTheRfc) {
  EXPECT_EQ(frame(Opcode::text, "Hello"), "\x81\x05Hello");
}

TEST(WsFrame, UsesTheShortestLengthForm) {
  char header[kMaxServerHeader];
  EXPECT_EQ(encode_frame_header(header, Opcode::text, 0), 2u);
  EXPECT_EQ(encode_frame_header(header, Opcode::text, 125), 2u);
  EXPECT_EQ(encode_frame_header(header, Opcode::text, 126), 4u);
  EXPECT_EQ(encode_frame_header(header, Opcode::text, 65535), 4u);
  EXPECT_EQ(encode_frame_header(header, Opcode::text, 65536), 10u);
}

TEST(WsFrame, WritesLengthsInNetworkOrder) {
  using namespace std::string_literals;
  char header[kMaxServerHeader];
  EXPECT_EQ(std::string(header, encode_frame_header(header, Opcode::binary, 256)),
            "\x82\x7e\x01\x00"s);
  EXPECT_EQ(std::string(header, encode_frame_header(header, Opcode::binary, 65536)),
            "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(WsFrame, AppendsBehindWhatIsThere) {
  std::string out = "before";
  append_frame(out, Opcode::ping, "");
  EXPECT_EQ(out, std::string("before\x89\x00", 8));
}

TEST(WsFrame, FindsTheSizeOfItsOwnFrames) {
  for (const std::size_t size : {0u, 125u, 126u, 65535u, 65536u}) {
    const std::string bytes = frame(Opcode::text, std::string(size, 'x'));
    EXPECT_EQ(server_frame_size(bytes), bytes.size());
    EXPECT_EQ(server_frame_size(bytes + "next frame"), bytes.size());
  }
}

TEST(WsFrame, HasNoSizeWhileTheHeaderIsIncomplete) {
  const std::string bytes = frame(Opcode::text, std::string(65536, 'x'));
  for (std::size_t size = 0; size < 10; ++size) {
    EXPECT_EQ(server_frame_size(std::string_view(bytes).substr(0, size)), 0u);
  }
}

TEST(ClosePayload, IsCodeAndReason) {
  EXPECT_EQ(close_payload(CloseCode::normal, "bye"), "\x03\xe8\x62ye");
}

TEST(ClosePayload, CutsTheReasonToWhatAControlFrameHolds) {
  EXPECT_EQ(close_payload(CloseCode::normal, std::string(123, 'x')).size(), 125u);
  EXPECT_EQ(close_payload(CloseCode::normal, std::string(124, 'x')).size(), 125u);
}

TEST(ClosePayload, NeverCutsInsideACharacter) {
  const std::string reason = std::string(121, 'x') + "\xf0\x9f\x98\x80";
  EXPECT_EQ(close_payload(CloseCode::normal, reason).substr(2), std::string(121, 'x'));
}

TEST(AcceptKey, IsThatOfTheRfcExample) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace eventsd::protocol
