#include "handler/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::handler {
namespace {

using Status = FrameDecoder::Status;

ResultFrame full_result() {
  ResultFrame frame{7, true, {}};
  frame.outcome.end = CodeOutcome::End::error;
  frame.outcome.value = R"([1,"\u0000"])";
  frame.outcome.stash = "{}";
  frame.outcome.message = std::string("nul\0inside", 10);
  frame.outcome.type = "Custom";
  frame.outcome.data = "null";
  frame.outcome.out_errors = {R"({"message":"a"})", "{}"};
  frame.outcome.log = {{CodeLogLevel::debug, 13, 5, "\"text\""}, {CodeLogLevel::error, 1, 2, ""}};
  return frame;
}

template <typename T>
T only(FrameDecoder& decoder) {
  Frame frame;
  EXPECT_EQ(decoder.next(frame), Status::frame);
  return std::get<T>(frame);
}

TEST(Frame, EveryKindComesBackAsItWent) {
  std::string bytes;
  append_frame(bytes, LoadFrame{3, "code.js", "export"});
  append_frame(bytes, ForgetFrame{4});
  append_call(bytes, 5, 3, "onPublish.request", R"({"a":1})");
  append_frame(bytes, ReadyFrame{"no seccomp"});
  append_frame(bytes, LoadedFrame{3, CodeFault{2, 9, "unexpected token"}, {}});
  append_frame(bytes,
               LoadedFrame{3, {}, {CodeModule::Form::object, CodeModule::Form::function}, true});
  append_frame(bytes, full_result());
  FrameDecoder decoder;
  decoder.feed(bytes);
  EXPECT_EQ(only<LoadFrame>(decoder).source, "export");
  EXPECT_EQ(only<ForgetFrame>(decoder).number, 4u);
  const auto call = only<CallFrame>(decoder);
  EXPECT_EQ(call.id, 5u);
  EXPECT_EQ(call.module, 3u);
  EXPECT_EQ(call.function, "onPublish.request");
  EXPECT_EQ(call.context, R"({"a":1})");
  EXPECT_EQ(only<ReadyFrame>(decoder).refusal, "no seccomp");
  const auto faulty = only<LoadedFrame>(decoder);
  ASSERT_TRUE(faulty.fault);
  EXPECT_EQ(faulty.fault->column, 9);
  EXPECT_EQ(only<LoadedFrame>(decoder).exports.on_subscribe, CodeModule::Form::function);
  const auto result = only<ResultFrame>(decoder);
  EXPECT_TRUE(result.spent);
  EXPECT_EQ(result.outcome.message, full_result().outcome.message);
  EXPECT_EQ(result.outcome.out_errors, full_result().outcome.out_errors);
  ASSERT_EQ(result.outcome.log.size(), 2u);
  EXPECT_EQ(result.outcome.log[0].line, 13);
  EXPECT_EQ(result.outcome.log[1].level, CodeLogLevel::error);
  Frame none;
  EXPECT_EQ(decoder.next(none), Status::need_more);
  EXPECT_EQ(decoder.buffered(), 0u);
}

TEST(Frame, ComesByteByByte) {
  std::string bytes;
  append_frame(bytes, full_result());
  FrameDecoder decoder;
  Frame frame;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    decoder.feed(std::string_view(bytes).substr(i, 1));
    ASSERT_EQ(decoder.next(frame), Status::need_more);
  }
  decoder.feed(std::string_view(bytes).substr(bytes.size() - 1));
  EXPECT_EQ(only<ResultFrame>(decoder).id, 7u);
}

TEST(Frame, CutShortOrPaddedIsBroken) {
  std::string bytes;
  append_frame(bytes, full_result());
  for (std::size_t size = 1; size < bytes.size() - 4; ++size) {
    std::string shorter = bytes.substr(0, 4 + size);
    shorter[0] = static_cast<char>(size & 0xff);
    shorter[1] = static_cast<char>(size >> 8);
    FrameDecoder decoder;
    decoder.feed(shorter);
    Frame frame;
    ASSERT_EQ(decoder.next(frame), Status::broken) << size;
  }
  bytes += 'x';
  ++bytes[0];
  FrameDecoder decoder;
  decoder.feed(bytes);
  Frame frame;
  EXPECT_EQ(decoder.next(frame), Status::broken);
}

TEST(Frame, ALengthAboveTheCapIsBrokenBeforeItsBytesCome) {
  FrameDecoder decoder(100);
  decoder.feed(std::string("\x65\0\0\0", 4));
  Frame frame;
  EXPECT_EQ(decoder.next(frame), Status::broken);
  decoder.feed(std::string(1000, 'x'));
  EXPECT_EQ(decoder.buffered(), 0u);
}

TEST(Frame, AResultThatIsTooLongSaysSo) {
  ResultFrame frame{9, false, {}};
  frame.outcome.value.assign(kMaxFrame, '1');
  std::string bytes;
  append_frame(bytes, frame);
  EXPECT_LT(bytes.size(), 1000u);
  FrameDecoder decoder;
  decoder.feed(bytes);
  const auto result = only<ResultFrame>(decoder);
  EXPECT_EQ(result.id, 9u);
  EXPECT_EQ(result.outcome.end, CodeOutcome::End::limit);
}

}  // namespace
}  // namespace eventsd::handler
