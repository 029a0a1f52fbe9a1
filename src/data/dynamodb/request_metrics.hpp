// How many requests the tables have answered, and how long that took.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventsd::data::dynamodb {

//   thread   any
class RequestMetrics {
 public:
  enum class End : std::uint8_t { answered, refused };  // refused: with any error
  void note(std::string_view operation, End end, std::chrono::steady_clock::duration took);

  // eventsd_dynamodb_… in Prometheus' text form. Operations that nobody has asked for are left out.
  std::string text() const;

 private:
  // The last of each is for what is in no table: an unknown operation, longer than all bounds.
  static constexpr std::size_t kOperations = 17;
  static constexpr std::size_t kBuckets = 10;
  struct Durations {
    std::array<std::atomic<std::uint64_t>, kBuckets> counts{};
    std::atomic<std::uint64_t> nanoseconds{0};
  };

  std::array<std::atomic<std::uint64_t>, kOperations> answered_{};
  std::array<std::atomic<std::uint64_t>, kOperations> refused_{};
  Durations reads_;
  Durations writes_;
};

}  // namespace eventsd::data::dynamodb
