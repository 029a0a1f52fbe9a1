// Where all decisions come together: log, counters, histogram, and the delay of refusals.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/authorizer_times.hpp"
#include "admin/decisions.hpp"
#include "app/auth_thread.hpp"
#include "auth/throttle_delay.hpp"
#include "core/authorization_watch.hpp"

namespace eventsd::app {

// Lives longer than the shards, and less long than `thread`.
class AuthorizationDesk final : public core::AuthorizationWatch {
 public:
  AuthorizationDesk(AuthThread& thread, admin::DecisionLog::Post post_to_control,
                    std::function<bool(const std::string& ip)> speaks_for_many)
      : thread_(thread),
        log_(std::move(post_to_control)),
        speaks_for_many_(std::move(speaks_for_many)) {}

  void verified(AuthMode mode, std::chrono::nanoseconds took) override { times_.add(mode, took); }
  bool wants_grants() const override;
  void decided(core::Decision decision) override { log_.add(std::move(decision)); }
  Task<void> hold_refusal(std::string source_ip,
                          std::chrono::steady_clock::time_point asked) override;

  const admin::DecisionLog& log() const { return log_; }
  // Prometheus text of all of it.
  //   thread   any
  std::string metrics() const;

 private:
  AuthThread& thread_;
  admin::DecisionLog log_;
  admin::AuthorizerTimes times_;
  auth::RefusalDelay delay_;
  const std::function<bool(const std::string& ip)> speaks_for_many_;
  std::atomic<std::uint64_t> held_{0};
};

}  // namespace eventsd::app
