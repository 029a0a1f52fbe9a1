#include "app/bench_crew.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <ostream>
#include <thread>

namespace eventsd::app::bench {
namespace {

constexpr std::chrono::milliseconds kAsk{20};
constexpr std::chrono::seconds kLongestTurn{1};

// Takes SIGINT and SIGTERM as bytes to read for as long as it lives.
class SignalReader {
 public:
  SignalReader() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    fd_ = ::signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;  // OpenSSL writes without MSG_NOSIGNAL
    sigaction(SIGPIPE, &ignore, &pipe_before_);
  }
  SignalReader(const SignalReader&) = delete;
  SignalReader& operator=(const SignalReader&) = delete;
  ~SignalReader() {
    (void)take();
    ::close(fd_);
    sigaction(SIGPIPE, &pipe_before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  int fd() const { return fd_; }
  bool take() const {
    signalfd_siginfo info{};
    return ::read(fd_, &info, sizeof info) == sizeof info;
  }
  // From here on a signal ends the process at once.
  void let_through() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

 private:
  sigset_t signals_;
  sigset_t before_;
  struct sigaction pipe_before_;
  int fd_ = -1;
};

}  // namespace

class Crew::Impl {
 public:
  Impl(std::vector<Worker*> workers, const Console& console)
      : workers_(std::move(workers)),
        console_(console),
        done_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        done_(workers_.size()),
        faults_(workers_.size()),
        // What is on a terminal is read as it comes; a log would fill with it.
        interval_(::isatty(STDERR_FILENO) != 0 ? std::chrono::seconds(1)
                                               : std::chrono::seconds(10)) {
    for (auto& done : done_) done = Phase::end;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      threads_.emplace_back([this, i] { work(i); });
    }
  }

  ~Impl() {
    stop();
    ::close(done_event_);
  }

  Ended run(Phase phase, Clock::time_point deadline, const std::function<std::string()>& progress,
            const std::function<bool()>& is_done) {
    lead(phase);
    auto next_line = Clock::now() + interval_;
    for (;;) {
      const auto now = Clock::now();
      if (is_broken_) finish();  // throws
      const bool all_done =
          std::all_of(done_.begin(), done_.end(), [&](const auto& done) { return done == phase; });
      if (all_done) return Ended::done;
      if (is_done && is_done()) return Ended::done;
      if (now >= deadline) return Ended::deadline;
      if (now >= next_line) {
        console_.err << progress() << std::endl;
        next_line += interval_;
      }
      auto wake_at = std::min(deadline, next_line);
      if (is_done) wake_at = std::min(wake_at, now + kAsk);
      if (wait(wake_at - now)) {
        is_interrupted_ = true;
        signals_.let_through();
        return Ended::interrupted;
      }
    }
  }

  void finish() {
    stop();
    for (const std::exception_ptr& fault : faults_) {
      if (fault) std::rethrow_exception(fault);
    }
  }

  bool is_interrupted() const { return is_interrupted_; }

 private:
  void lead(Phase phase) {
    phase_.store(phase, std::memory_order_release);
    for (Worker* worker : workers_) worker->loop().wake();
  }

  void stop() {
    if (threads_.empty()) return;
    lead(Phase::end);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  // True after a signal.
  bool wait(Clock::duration time) {
    std::array<pollfd, 2> sources = {{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = done_event_, .events = POLLIN, .revents = 0}}};
    const auto wait = std::max(time, Clock::duration::zero());
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
    const timespec timeout{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
    ::ppoll(sources.data(), sources.size(), &timeout, nullptr);
    std::uint64_t ignored = 0;
    (void)!::read(done_event_, &ignored, sizeof ignored);  // only empties it
    return signals_.take();
  }

  void work(std::size_t i) {
    Worker& worker = *workers_[i];
    try {
      turn(worker, done_[i]);
    } catch (...) {
      faults_[i] = std::current_exception();
      is_broken_ = true;
      tell_leader();
    }
    try {
      worker.close_all();
    } catch (...) {
      if (!faults_[i]) faults_[i] = std::current_exception();
    }
  }

  void tell_leader() {
    const std::uint64_t one = 1;
    (void)!::write(done_event_, &one, sizeof one);  // fails only when it is readable already
  }

  void turn(Worker& worker, std::atomic<Phase>& done) {
    for (;;) {
      const Phase phase = phase_.load(std::memory_order_acquire);
      if (phase == Phase::end) return;
      const auto now = Clock::now();
      const auto wake_at = worker.on_turn(phase, now);
      if (done != phase && worker.is_done(phase)) {
        done = phase;
        tell_leader();
      }
      worker.loop().turn(std::min(wake_at, now + kLongestTurn));
    }
  }

  SignalReader signals_;  // first: threads inherit the mask
  std::vector<Worker*> workers_;
  const Console& console_;
  int done_event_;
  std::vector<std::atomic<Phase>> done_;    // the last phase that each worker is done with
  std::vector<std::exception_ptr> faults_;  // each written by its thread, read after the join
  std::chrono::seconds interval_;
  std::atomic<Phase> phase_{Phase::prepare};
  std::atomic<bool> is_broken_{false};
  bool is_interrupted_ = false;
  std::vector<std::thread> threads_;
};

Crew::Crew(std::vector<Worker*> workers, const Console& console)
    : impl_(std::make_unique<Impl>(std::move(workers), console)) {}

Crew::~Crew() = default;

Crew::Ended Crew::run(Phase phase, Clock::time_point deadline,
                      const std::function<std::string()>& progress,
                      const std::function<bool()>& is_done) {
  return impl_->run(phase, deadline, progress, is_done);
}

void Crew::finish() { impl_->finish(); }

bool Crew::is_interrupted() const { return impl_->is_interrupted(); }

}  // namespace eventsd::app::bench
