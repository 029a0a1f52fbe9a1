// What handlers have said and where they failed, for the operator.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace eventsd::admin {

// One line, or one failure. The text has passed the redactor of its request.
struct HandlerLine {
  enum class Level : std::uint8_t { error, info, debug };
  std::chrono::system_clock::time_point at;
  Level level = Level::info;
  std::string channel_namespace;
  std::string function;  // "onPublish.request"
  std::string text;
  std::string request_id;
};

inline constexpr std::array<std::string_view, 3> kHandlerLevelNames = {"error", "info", "debug"};

// Takes lines from every shard; the newest are kept on the control thread, to which they are posted.
// In a flood some are only counted.
class HandlerLog {
 public:
  static constexpr std::size_t kKept = 500;
  static constexpr std::size_t kMaxText = 4096;  // bytes of a line; what is longer is cut
  static constexpr int kMaxPosted = 500;         // on their way to the control thread at a time

  // `post` has the control thread call a function soon. Both outlive every call.
  using Post = std::function<void(std::function<void()>)>;
  explicit HandlerLog(Post post) : post_(std::move(post)) {}

  //   thread   any
  void add(HandlerLine line);

  // Newest first.
  //   thread   control
  const std::deque<HandlerLine>& lines() const { return lines_; }
  std::uint64_t not_kept() const { return not_kept_.load(std::memory_order_relaxed); }

 private:
  const Post post_;
  std::deque<HandlerLine> lines_;
  std::atomic<int> posted_{0};
  std::atomic<std::uint64_t> not_kept_{0};
};

}  // namespace eventsd::admin
