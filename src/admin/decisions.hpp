// Why somebody was refused: the last denials, counted and explained, for the operator.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "core/authorization_watch.hpp"
#include "server/http_router.hpp"

namespace eventsd::admin {

// Takes denials from every shard; the newest are kept on the control thread, to which they are
// posted. In a flood some are only counted.
class DecisionLog {
 public:
  static constexpr std::size_t kKept = 200;
  // On their way to the control thread at a time.
  static constexpr int kMaxPosted = 500;

  // `post` has the control thread call a function soon. Both outlive every call.
  using Post = std::function<void(std::function<void()>)>;
  explicit DecisionLog(Post post) : post_(std::move(post)) {}

  // Writes a debug line, and keeps and counts denials.
  //   thread   any
  void add(core::Decision decision);

  // Newest first.
  //   thread   control
  const std::deque<core::Decision>& denials() const { return denials_; }
  std::uint64_t not_kept() const { return not_kept_.load(std::memory_order_relaxed); }

  // eventsd_authorization_denied_total{mode,operation,cause}: at most 198 series.
  //   thread   any
  void append_metrics(std::string& out) const;

 private:
  const Post post_;
  std::deque<core::Decision> denials_;
  std::atomic<int> posted_{0};
  std::atomic<std::uint64_t> not_kept_{0};
  // By mode (the last: none), operation and cause.
  static constexpr std::size_t kModes = kAuthModeNames.size() + 1;
  static constexpr std::size_t kCauses = core::kDenialCauseNames.size();
  std::array<std::array<std::array<std::atomic<std::uint64_t>, kCauses>, 3>, kModes> counts_{};
};

// One decision as JSON text. No secret is in it.
std::string to_json_text(const core::Decision& decision);

// GET /v1/authorization/decisions[?limit=N][&apiId=ID]: {"decisions":[…],"notKept":N}, newest
// first.
//   source   AUTHORIZATION.md "Why was I refused?"
std::vector<server::Route> decision_routes(
    const DecisionLog& log, std::function<server::HttpFunction(server::HttpFunction)> guard);

}  // namespace eventsd::admin
