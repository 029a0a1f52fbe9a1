#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/ws_frame.hpp"
#include "unit/protocol/support/client_frame.hpp"

namespace eventsd::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kMaxMessage = 1 << 20;

// What a decoder made of some bytes: "opcode:payload" for each message, then the close code if it
// failed.
struct Decoded {
  std::vector<std::string> messages;
  int close_code = 0;
};

std::string describe(const WsMessage& message) {
  const char* name = message.opcode == Opcode::text     ? "text:"
                     : message.opcode == Opcode::binary ? "binary:"
                     : message.opcode == Opcode::close  ? "close:"
                     : message.opcode == Opcode::ping   ? "ping:"
                                                        : "pong:";
  return name + std::string(message.payload);
}

// Feeds `bytes` in pieces, each in memory of its own, so that a view kept too long is found by the
// address sanitizer.
Decoded decode(std::string_view bytes, std::size_t piece_size, std::uint64_t max = kMaxMessage) {
  WsDecoder decoder(max);
  Decoded result;
  while (!bytes.empty()) {
    std::vector<char> piece(bytes.begin(), bytes.begin() + std::min(piece_size, bytes.size()));
    bytes.remove_prefix(piece.size());
    decoder.feed(piece);
    for (WsMessage message;;) {
      const WsStatus status = decoder.next(message);
      if (status == WsStatus::need_more) break;
      if (status == WsStatus::failed) {
        result.close_code = static_cast<int>(decoder.close_code());
        return result;
      }
      result.messages.push_back(describe(message));
    }
  }
  return result;
}

Decoded decode(std::string_view bytes) { return decode(bytes, bytes.size()); }

std::string text(std::string_view payload, Fin fin = Fin::yes) {
  return client_frame(Opcode::text, payload, fin);
}
std::string more(std::string_view payload, Fin fin = Fin::yes) {
  return client_frame(Opcode::continuation, payload, fin);
}

constexpr int kProtocolError = 1002;
constexpr int kInvalidPayload = 1007;
constexpr int kTooBig = 1009;

TEST(WsDecoder, DecodesTheMaskedExampleOfTheRfc) {
  EXPECT_THAT(decode("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58").messages,
              ElementsAre("text:Hello"));
}

TEST(WsDecoder, DecodesManyFramesOfOneRead) {
  EXPECT_THAT(decode(text("a") + text("") + client_frame(Opcode::binary, "b")).messages,
              ElementsAre("text:a", "text:", "binary:b"));
}

TEST(WsDecoder, DecodesEveryLengthFormHoweverItIsCut) {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 125u, 126u, 127u, 65535u, 65536u, 70001u}) {
    const std::string payload(size, 'x');
    const std::string bytes = text(payload) + text("end");
    for (const std::size_t piece : {1u, 3u, 13u, 4096u, 100000u}) {
      EXPECT_THAT(decode(bytes, piece).messages, ElementsAre("text:" + payload, "text:end"));
    }
  }
}

TEST(WsDecoder, UnmasksAcrossPiecesThatAreNotAMultipleOfTheMask) {
  const std::string payload = "0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t piece = 1; piece <= payload.size() + 6; ++piece) {
    EXPECT_THAT(decode(text(payload), piece).messages, ElementsAre("text:" + payload));
  }
}

TEST(WsDecoder, FindsTheOneByteThatIsNotUtf8WhereverItIs) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string payload(size, 'x');
      payload[at] = '\x80';
      EXPECT_EQ(decode(text(payload)).close_code, 1007) << size << ' ' << at;
    }
  }
}

TEST(WsDecoder, HandsOutPingAndPongWithTheirPayload) {
  EXPECT_THAT(decode(client_frame(Opcode::ping, "p") + client_frame(Opcode::pong, "")).messages,
              ElementsAre("ping:p", "pong:"));
}

TEST(WsDecoder, AcceptsAPingOf125Bytes) {
  const std::string payload(125, '\xfe');
  for (const std::size_t piece : {1u, 50u, 200u}) {
    EXPECT_THAT(decode(client_frame(Opcode::ping, payload), piece).messages,
                ElementsAre("ping:" + payload));
  }
}

TEST(WsDecoder, RefusesAPingOf126Bytes) {
  EXPECT_EQ(decode(client_frame(Opcode::ping, std::string(126, 'x'))).close_code, kProtocolError);
}

TEST(WsDecoder, RefusesAFragmentedPing) {
  EXPECT_EQ(decode(client_frame(Opcode::ping, "x", Fin::no)).close_code, kProtocolError);
}

TEST(WsDecoder, RefusesEveryReservedBit) {
  for (const unsigned bit : {0x10u, 0x20u, 0x40u}) {
    EXPECT_EQ(decode(raw_client_frame(0x81u | bit, "x")).close_code, kProtocolError);
    EXPECT_EQ(decode(raw_client_frame(0x89u | bit, "x")).close_code, kProtocolError);
  }
}

TEST(WsDecoder, RefusesEveryReservedOpcode) {
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    EXPECT_EQ(decode(raw_client_frame(0x80u | opcode, "")).close_code, kProtocolError);
  }
}

TEST(WsDecoder, RefusesAFrameWithoutMask) {
  EXPECT_EQ(decode("\x81\x01x").close_code, kProtocolError);
}

TEST(WsDecoder, RefusesALengthThatIsNotMinimal) {
  using namespace std::string_view_literals;
  EXPECT_EQ(decode("\x81\xfe\x00\x7d\x01\x02\x03\x04"sv).close_code, kProtocolError);
  EXPECT_EQ(decode("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04"sv).close_code,
            kProtocolError);
}

TEST(WsDecoder, RefusesALengthWithTheHighestBit) {
  using namespace std::string_view_literals;
  EXPECT_EQ(decode("\x81\xff\x80\x00\x00\x00\x00\x00\x00\x01\x01\x02\x03\x04"sv).close_code,
            kProtocolError);
}

TEST(WsDecoder, RefusesABadHeaderAsSoonAsItsTwoBytesCame) {
  EXPECT_EQ(decode("\x83\x80").close_code, kProtocolError);
}

TEST(WsDecoder, HandsOutWhatCameBeforeAFault) {
  const Decoded decoded = decode(text("good") + raw_client_frame(0x83, "bad") + text("never"));
  EXPECT_THAT(decoded.messages, ElementsAre("text:good"));
  EXPECT_EQ(decoded.close_code, kProtocolError);
}

TEST(WsDecoder, StaysFailed) {
  WsDecoder decoder(kMaxMessage);
  std::string bad = raw_client_frame(0x83, "");
  WsMessage message;
  decoder.feed(bad);
  ASSERT_EQ(decoder.next(message), WsStatus::failed);
  std::string good = text("x");
  decoder.feed(good);
  EXPECT_EQ(decoder.next(message), WsStatus::failed);
  EXPECT_EQ(decoder.close_code(), CloseCode::protocol_error);
}

TEST(WsDecoder, JoinsFragments) {
  const std::string bytes = text("one ", Fin::no) + more("two ", Fin::no) + more("three");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_THAT(decode(bytes, piece).messages, ElementsAre("text:one two three"));
  }
}

TEST(WsDecoder, JoinsEmptyFragments) {
  EXPECT_THAT(decode(text("", Fin::no) + more("", Fin::no) + more("")).messages,
              ElementsAre("text:"));
  EXPECT_THAT(decode(text("", Fin::no) + more("middle", Fin::no) + more("")).messages,
              ElementsAre("text:middle"));
}

TEST(WsDecoder, HandsOutControlFramesBetweenFragments) {
  const std::string bytes = text("a", Fin::no) + client_frame(Opcode::ping, "1") +
                            more("b", Fin::no) + client_frame(Opcode::pong, "2") + more("c");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_THAT(decode(bytes, piece).messages, ElementsAre("ping:1", "pong:2", "text:abc"));
  }
}

TEST(WsDecoder, DecodesOneFragmentedMessageAfterAnother) {
  const std::string bytes = text("a", Fin::no) + more("b") +
                            client_frame(Opcode::binary, "c", Fin::no) + more("d") + text("e");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_THAT(decode(bytes, piece).messages, ElementsAre("text:ab", "binary:cd", "text:e"));
  }
}

TEST(WsDecoder, RefusesAContinuationOfNothing) {
  EXPECT_EQ(decode(more("x")).close_code, kProtocolError);
  EXPECT_EQ(decode(more("x", Fin::no)).close_code, kProtocolError);
  EXPECT_EQ(decode(text("a", Fin::no) + more("b") + more("c")).close_code, kProtocolError);
}

TEST(WsDecoder, RefusesANewMessageInsideAFragmentedOne) {
  EXPECT_EQ(decode(text("a", Fin::no) + text("b")).close_code, kProtocolError);
}

TEST(WsDecoder, AcceptsACharacterSplitAcrossFragmentsAndReads) {
  const std::string bytes =
      text("\xce", Fin::no) + more("\xba\xf0\x9f", Fin::no) + more("\x98\x80");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_THAT(decode(bytes, piece).messages, ElementsAre("text:\xce\xba\xf0\x9f\x98\x80"));
  }
}

TEST(WsDecoder, RefusesTextThatIsNotUtf8) {
  for (const char* bad :
       {"\xff", "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xce"}) {
    EXPECT_EQ(decode(text(bad)).close_code, kInvalidPayload);
    EXPECT_EQ(decode(text(bad), 1).close_code, kInvalidPayload);
    EXPECT_EQ(decode(text(bad, Fin::no) + more("")).close_code, kInvalidPayload);
  }
}

TEST(WsDecoder, LeavesBinaryMessagesUnchecked) {
  EXPECT_THAT(decode(client_frame(Opcode::binary, "\xff")).messages, ElementsAre("binary:\xff"));
}

TEST(WsDecoder, AcceptsACloseWithoutPayload) {
  EXPECT_THAT(decode(client_frame(Opcode::close, "")).messages, ElementsAre("close:"));
}

TEST(WsDecoder, AcceptsTheCloseCodesThatMayBeSent) {
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 1012u,
                              1013u, 1014u, 3000u, 3001u, 3999u, 4000u, 4999u}) {
    const std::string payload = close_payload(static_cast<CloseCode>(code), "bye");
    EXPECT_THAT(decode(client_frame(Opcode::close, payload)).messages,
                ElementsAre("close:" + payload))
        << code;
  }
}

TEST(WsDecoder, RefusesTheCloseCodesThatMayNotBeSent) {
  for (const unsigned code :
       {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u, 5000u, 65535u}) {
    const std::string payload = close_payload(static_cast<CloseCode>(code), "");
    EXPECT_EQ(decode(client_frame(Opcode::close, payload)).close_code, kProtocolError) << code;
  }
}

TEST(WsDecoder, RefusesAClosePayloadOfOneByte) {
  EXPECT_EQ(decode(client_frame(Opcode::close, "\x03")).close_code, kProtocolError);
}

TEST(WsDecoder, RefusesACloseReasonThatIsNotUtf8) {
  EXPECT_EQ(decode(client_frame(Opcode::close, "\x03\xe8\xce")).close_code, kInvalidPayload);
}

TEST(WsDecoder, RefusesAMessageOverTheCapBeforeItsPayloadCame) {
  EXPECT_THAT(decode(text(std::string(100, 'x')), 200, 100).messages.size(), 1u);
  const std::string header_only = text(std::string(101, 'x')).substr(0, 6);
  EXPECT_EQ(decode(header_only, 200, 100).close_code, kTooBig);
}

TEST(WsDecoder, CountsAllFragmentsAgainstTheCap) {
  const std::string half(50, 'x');
  EXPECT_EQ(decode(text(half, Fin::no) + more(half), 7, 100).close_code, 0);
  EXPECT_EQ(decode(text(half, Fin::no) + more(half + "x"), 7, 100).close_code, kTooBig);
}

TEST(WsDecoder, DoesNotCountControlFramesAgainstTheCap) {
  const std::string bytes = text("ab", Fin::no) + client_frame(Opcode::ping, "12345") + more("cd");
  EXPECT_THAT(decode(bytes, 100, 4).messages, ElementsAre("ping:12345", "text:abcd"));
}

TEST(WsDecoder, GivesAViewIntoTheInputOfAWholeFrame) {
  WsDecoder decoder(kMaxMessage);
  std::string bytes = text("in place");
  decoder.feed(bytes);
  WsMessage message;
  ASSERT_EQ(decoder.next(message), WsStatus::message);
  EXPECT_EQ(message.payload.data(), bytes.data() + 6);
}

TEST(WsDecoder, KeepsNothingBetweenWholeFrames) {
  WsDecoder decoder(kMaxMessage);
  std::string bytes = text("whole");
  WsMessage message;
  decoder.feed(bytes);
  ASSERT_EQ(decoder.next(message), WsStatus::message);
  ASSERT_EQ(decoder.next(message), WsStatus::need_more);
  EXPECT_EQ(decoder.buffered(), 0u);
}

TEST(WsDecoder, KeepsOnlyWhatCameOfALargeFrameAndLetsItGo) {
  WsDecoder decoder(kMaxMessage);
  std::string bytes = text(std::string(100'000, 'x'));
  WsMessage message;
  decoder.feed(std::span(bytes).first(1014));
  ASSERT_EQ(decoder.next(message), WsStatus::need_more);
  EXPECT_EQ(decoder.buffered(), 1000u);
  decoder.feed(std::span(bytes).subspan(1014));
  ASSERT_EQ(decoder.next(message), WsStatus::message);
  ASSERT_EQ(decoder.next(message), WsStatus::need_more);
  EXPECT_EQ(decoder.buffered(), 0u);
}

TEST(WsDecoder, IsSmallWhileIdle) { EXPECT_LE(sizeof(WsDecoder), 96u); }

TEST(WsDecoder, AppliesANewCapToTheNextFrame) {
  WsDecoder decoder(1);
  decoder.set_max_message(3);
  std::string bytes = text("abc");
  decoder.feed(bytes);
  WsMessage message;
  EXPECT_EQ(decoder.next(message), WsStatus::message);
}

TEST(WsDecoder, WaitsWithoutInput) {
  WsDecoder decoder(kMaxMessage);
  WsMessage message;
  EXPECT_EQ(decoder.next(message), WsStatus::need_more);
  EXPECT_THAT(decode(text("cut").substr(0, 8), 1).messages, IsEmpty());
}

}  // namespace
}  // namespace eventsd::protocol
