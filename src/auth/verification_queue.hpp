// Places of tokens that wait for the authorization thread, shared out between addresses.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "eventsd/result.hpp"

namespace eventsd::auth {

struct VerificationLimits {
  std::int32_t all = 4096;         // 70 ms of RS256, 260 ms of ES256, 2 s of ES384
  std::int32_t of_address = 1024;  // a quarter of them
  // Of an address whose tokens have failed: a flood of forged ones delays others by 1 ms of RS256, 4 ms
  // of ES256, 32 ms of ES384.
  std::int32_t of_suspect = 64;
  std::int32_t failures = 20;                     // make a suspect
  std::chrono::milliseconds forgiven_after{500};  // each
};

// Addresses share a table of fixed size; two that meet in one place share their places.
//   thread   any
class VerificationQueue {
  struct Slot {
    std::atomic<std::int32_t> waiting{0};
    std::atomic<std::int64_t> forgiven_at{0};  // all failures, in milliseconds of Clock
  };

 public:
  using Clock = std::chrono::steady_clock;

  // `speaks_for_many`: addresses besides loopback that have no limit of their own; any thread.
  explicit VerificationQueue(std::function<bool(const std::string& ip)> speaks_for_many = nullptr,
                             const VerificationLimits& limits = {})
      : speaks_for_many_(std::move(speaks_for_many)), limits_(limits) {}

  // One place in the queue while it lives.
  class Place {
   public:
    Place(Place&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)), slot_(other.slot_) {}
    Place& operator=(Place&&) = delete;
    ~Place();
    // The token was nobody's: it counts against its address.
    void failed(Clock::time_point now);

   private:
    friend class VerificationQueue;
    Place(VerificationQueue& queue, Slot* slot) : queue_(&queue), slot_(slot) {}
    VerificationQueue* queue_;
    Slot* slot_;  // null: of an address that has no limit
  };

  //   errors   rate_limited: too many wait, of this address or of all; worth another try
  Result<Place> enter(const std::string& source_ip, Clock::time_point now);

 private:
  const std::function<bool(const std::string&)> speaks_for_many_;
  const VerificationLimits limits_;
  std::atomic<std::int32_t> waiting_{0};
  std::array<Slot, 1024> slots_{};
};

using VerificationQueuePtr = std::shared_ptr<VerificationQueue>;

}  // namespace eventsd::auth
