#include "app/auth_thread.hpp"

#include <boost/asio/post.hpp>

#include "app/callback_loop.hpp"

namespace eventsd::app {

AuthThread::AuthThread(std::function<bool(const std::string& ip)> speaks_for_many)
    : work_(io_.get_executor()),
      executor_([this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }),
      throttle_({}, speaks_for_many),
      verifications_(std::make_shared<auth::VerificationQueue>(std::move(speaks_for_many))),
      keys_(io_),
      timer_(io_) {}

AuthThread::~AuthThread() { stop(); }

void AuthThread::start() {
  thread_ = std::thread([this] { run_callbacks(io_, executor_, "auth"); });
}

void AuthThread::release_waiters() {
  keys_.close();
  executor_([this] {
    released_ = true;
    end_pauses(Clock::time_point::max());
  });
}

void AuthThread::stop() {
  if (!thread_.joinable()) return;
  work_.reset();
  io_.stop();
  thread_.join();
}

Task<void> AuthThread::pause(std::chrono::milliseconds delay) {
  const Clock::time_point until = Clock::now() + delay;
  HandOff<bool> passed(
      executor_, [this, until](HandOff<bool>::Done done) { add_pause(until, std::move(done)); });
  co_await passed;
}

void AuthThread::add_pause(Clock::time_point until, std::function<void(bool)> done) {
  if (released_ || pauses_.size() >= kMaxPauses) return done(true);
  const auto place = pauses_.emplace(until, std::move(done));
  if (place == pauses_.begin()) end_pauses(Clock::now());
}

// Ends those that are due and waits for the next.
void AuthThread::end_pauses(Clock::time_point now) {
  while (!pauses_.empty() && pauses_.begin()->first <= now) {
    const auto done = std::move(pauses_.begin()->second);
    pauses_.erase(pauses_.begin());
    done(true);
  }
  if (pauses_.empty()) return;
  timer_.expires_at(pauses_.begin()->first);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) end_pauses(Clock::now());
  });
}

}  // namespace eventsd::app
