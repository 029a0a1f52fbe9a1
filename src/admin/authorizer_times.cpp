#include "admin/authorizer_times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace eventsd::admin {
namespace {

std::size_t stripe_of_this_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

void AuthorizerTimes::add(AuthMode mode, std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  Histogram& histogram =
      stripes_[stripe_of_this_thread() % stripes_.size()].modes[static_cast<std::size_t>(mode)];
  histogram.buckets[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  if (took.count() == 0) return;
  histogram.nanoseconds.fetch_add(static_cast<std::uint64_t>(took.count()),
                                  std::memory_order_relaxed);
}

void AuthorizerTimes::append(std::string& out) const {
  constexpr const char* kName = "eventsd_authorizer_seconds";
  fmt::format_to(std::back_inserter(out),
                 "# HELP {} Time to verify a credential, remote parties included.\n"
                 "# TYPE {} histogram\n",
                 kName, kName);
  for (std::size_t mode = 0; mode < kAuthModeNames.size(); ++mode) {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};
    std::uint64_t nanoseconds = 0;
    std::uint64_t count = 0;
    for (const Stripe& stripe : stripes_) {
      const Histogram& histogram = stripe.modes[mode];
      for (std::size_t i = 0; i < buckets.size(); ++i) {
        buckets[i] += histogram.buckets[i].load(std::memory_order_relaxed);
      }
      nanoseconds += histogram.nanoseconds.load(std::memory_order_relaxed);
    }
    for (const std::uint64_t in_bucket : buckets) count += in_bucket;
    if (count == 0) continue;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      below += buckets[i];
      const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
      fmt::format_to(std::back_inserter(out), "{}_bucket{{mode=\"{}\",le=\"{}\"}} {}\n", kName,
                     kAuthModeNames[mode], bound, below);
    }
    fmt::format_to(std::back_inserter(out),
                   "{0}_sum{{mode=\"{1}\"}} {2}\n{0}_count{{mode=\"{1}\"}} {3}\n", kName,
                   kAuthModeNames[mode], static_cast<double>(nanoseconds) / 1e9, count);
  }
}

}  // namespace eventsd::admin
