// The thread that asks others on behalf of authorizers, and what it owns.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "auth/jwks.hpp"
#include "auth/lambda_authorizer.hpp"
#include "auth/throttle.hpp"
#include "auth/verification_queue.hpp"
#include "eventsd/executor.hpp"

namespace eventsd::app {

// Lives longer than every authorizer that it serves, and than the shards that ask it.
//   thread   control, but for what its members say
class AuthThread {
 public:
  // `speaks_for_many`: addresses besides loopback that no single client is behind; any thread.
  explicit AuthThread(std::function<bool(const std::string& ip)> speaks_for_many = nullptr);
  ~AuthThread();

  void start();
  // What waits here is done at once, and so is what comes later: the shards can end.
  void release_waiters();
  // Ends the thread. REQUIRES: nobody asks any more.
  void stop();

  const Executor& executor() const { return executor_; }
  boost::asio::io_context& io() { return io_; }
  auth::KeyDirectory& keys() { return keys_; }
  const auth::VerificationQueuePtr& verifications() const { return verifications_; }
  auth::LambdaEnvironment lambda_environment() {
    return {executor_, io_, throttle_, lambda_counts_};
  }
  const auth::CacheCounts& lambda_counts() const { return lambda_counts_; }

  // Suspends the caller, on whichever thread it is, for this long.
  //   thread   any with an ExecutorScope
  Task<void> pause(std::chrono::milliseconds delay);

 private:
  using Clock = std::chrono::steady_clock;
  // Held refusals at a time; more are not held.
  static constexpr std::size_t kMaxPauses = 20'000;
  void add_pause(Clock::time_point until, std::function<void(bool)> done);
  void end_pauses(Clock::time_point now);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const Executor executor_;
  auth::FailureThrottle throttle_;  // the thread's
  auth::CacheCounts lambda_counts_;
  const auth::VerificationQueuePtr verifications_;
  auth::KeyDirectory keys_;
  boost::asio::steady_timer timer_;  // the thread's, for the first of pauses_
  std::multimap<Clock::time_point, std::function<void(bool)>> pauses_;  // the thread's
  bool released_ = false;                                               // the thread's
  std::thread thread_;
};

}  // namespace eventsd::app
