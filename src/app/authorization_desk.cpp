#include "app/authorization_desk.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <iterator>

namespace eventsd::app {

bool AuthorizationDesk::wants_grants() const { return spdlog::should_log(spdlog::level::debug); }

Task<void> AuthorizationDesk::hold_refusal(std::string source_ip,
                                           std::chrono::steady_clock::time_point asked) {
  const auto now = std::chrono::steady_clock::now();
  const bool many = auth::is_loopback_address(source_ip) || speaks_for_many_(source_ip);
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(now - asked);
  const auto left = delay_.add(source_ip, many, now) - taken;
  if (left.count() <= 0) co_return;
  held_.fetch_add(1, std::memory_order_relaxed);
  co_await thread_.pause(left);
}

std::string AuthorizationDesk::metrics() const {
  std::string out;
  times_.append(out);
  log_.append_metrics(out);
  const auto add = [&out](const char* name, const char* help, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} counter\n{0} {2}\n", name,
                   help, value);
  };
  const auth::CacheCounts& lambda = thread_.lambda_counts();
  add("eventsd_lambda_authorizer_cache_hits_total",
      "Questions to Lambda authorizers answered from an earlier answer.", lambda.hits.load());
  add("eventsd_lambda_authorizer_cache_joined_total",
      "Questions that waited for the answer to the same question.", lambda.joined.load());
  add("eventsd_lambda_authorizer_cache_misses_total", "Questions for which a function was asked.",
      lambda.misses.load());
  add("eventsd_authorization_held_total", "Refusals that were told late on purpose.", held_.load());
  return out;
}

}  // namespace eventsd::app
