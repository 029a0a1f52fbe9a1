// What the daemon and a worker process say to each other over a socket pair: length-prefixed binary
// frames, little-endian. Either side takes the other's bytes for hostile. No frame names a
// namespace, a data source or a caller: the daemon knows those from its table of calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "eventsd/code_runner.hpp"
#include "handler/engine.hpp"

namespace eventsd::handler {

// The longest frame, without its length: a call's result with stash, data and log, each capped.
inline constexpr std::size_t kMaxFrame = 24ull << 20;

// Daemon to worker. Calls and loads are answered in order.
struct LoadFrame {
  std::uint64_t number = 0;
  std::string name;
  std::string source;
};
struct ForgetFrame {  // no answer
  std::uint64_t number = 0;
};
struct CallFrame {
  std::uint64_t id = 0;
  std::uint64_t module = 0;
  std::string function;
  std::string context;
};

// Worker to daemon.
struct ReadyFrame {
  std::string refusal;  // why this worker will not run code; empty: it will
};
struct LoadedFrame {
  std::uint64_t number = 0;
  std::optional<CodeFault> fault;
  CodeExports exports;
  bool spent = false;  // the worker is to be replaced
};
struct ResultFrame {
  std::uint64_t id = 0;
  bool spent = false;  // the worker is to be replaced
  CodeOutcome outcome;
};

using Frame = std::variant<LoadFrame, ForgetFrame, CallFrame, ReadyFrame, LoadedFrame, ResultFrame>;

// Appends a frame. A result that would be longer than kMaxFrame becomes one that says so.
void append_frame(std::string& out, const LoadFrame& frame);
void append_frame(std::string& out, const ForgetFrame& frame);
void append_frame(std::string& out, const ReadyFrame& frame);
void append_frame(std::string& out, const LoadedFrame& frame);
void append_frame(std::string& out, const ResultFrame& frame);
// A call without a copy of its texts.
void append_call(std::string& out, std::uint64_t id, std::uint64_t module,
                 std::string_view function, std::string_view context);

// Cuts a stream of bytes into frames. Once it has failed it stays failed. Throws nothing but
// std::bad_alloc: no count in a frame makes it allocate more than the frame itself is long.
class FrameDecoder {
 public:
  enum class Status : std::uint8_t { frame, need_more, broken };

  explicit FrameDecoder(std::size_t max_frame = kMaxFrame) : max_frame_(max_frame) {}

  void feed(std::string_view bytes);
  Status next(Frame& out);
  std::size_t buffered() const { return buffer_.size() - taken_; }

 private:
  const std::size_t max_frame_;
  std::string buffer_;
  std::size_t taken_ = 0;  // of buffer_
  bool broken_ = false;
};

}  // namespace eventsd::handler
