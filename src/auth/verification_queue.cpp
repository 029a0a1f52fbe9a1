#include "auth/verification_queue.hpp"

#include <algorithm>

#include "auth/throttle.hpp"

namespace eventsd::auth {
namespace {

std::int64_t milliseconds_of(VerificationQueue::Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Result<VerificationQueue::Place> VerificationQueue::enter(const std::string& source_ip,
                                                          Clock::time_point now) {
  const bool is_free =
      is_loopback_address(source_ip) || (speaks_for_many_ && speaks_for_many_(source_ip));
  Slot* const slot =
      is_free ? nullptr
              : &slots_[std::hash<std::string>{}(throttled_address(source_ip)) % slots_.size()];
  if (slot) {
    const std::int64_t debt =
        slot->forgiven_at.load(std::memory_order_relaxed) - milliseconds_of(now);
    const bool is_suspect = debt > limits_.failures * limits_.forgiven_after.count();
    const std::int32_t most = is_suspect ? limits_.of_suspect : limits_.of_address;
    if (slot->waiting.load(std::memory_order_relaxed) >= most) {
      return deny(ErrorKind::rate_limited,
                  is_suspect ? "too many tokens of this address have failed, and others of it wait"
                             : "too many tokens of this address wait to be verified");
    }
  }
  if (waiting_.load(std::memory_order_relaxed) >= limits_.all) {
    return deny(ErrorKind::rate_limited, "too many tokens wait to be verified");
  }
  waiting_.fetch_add(1, std::memory_order_relaxed);
  if (slot) slot->waiting.fetch_add(1, std::memory_order_relaxed);
  return Place(*this, slot);
}

VerificationQueue::Place::~Place() {
  if (!queue_) return;
  queue_->waiting_.fetch_sub(1, std::memory_order_relaxed);
  if (slot_) slot_->waiting.fetch_sub(1, std::memory_order_relaxed);
}

void VerificationQueue::Place::failed(Clock::time_point now) {
  if (!slot_) return;
  const std::int64_t step = queue_->limits_.forgiven_after.count();
  const std::int64_t at = milliseconds_of(now);
  std::int64_t before = slot_->forgiven_at.load(std::memory_order_relaxed);
  std::int64_t after = 0;
  do {
    // Never more than twice what makes a suspect, so that it ends soon after the flood.
    const std::int64_t debt = std::max(before - at, std::int64_t{0}) + step;
    after = at + std::min(debt, 2 * step * queue_->limits_.failures);
  } while (!slot_->forgiven_at.compare_exchange_weak(before, after, std::memory_order_relaxed));
}

}  // namespace eventsd::auth
