#include "handler/supervisor.hpp"

#include <pthread.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "eventsd/executor.hpp"
#include "handler/log.hpp"
#include "handler/worker_pool.hpp"

namespace eventsd::handler {
namespace {

std::atomic<std::uint64_t> next_number{1};

CodeCheck check_of(LoadedFrame frame) {
  if (frame.fault) return *std::move(frame.fault);
  return frame.exports;
}

class ProcessSupervisor final : public Supervisor {
 public:
  explicit ProcessSupervisor(const SupervisorOptions& options)
      : work_(io_.get_executor()),
        executor_([this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }),
        max_queue_(options.max_queue),
        pool_(io_, options) {
    thread_ = std::thread([this] { run_thread(); });
  }
  ~ProcessSupervisor() override { stop(); }

  Task<CodeOutcome> run(CodeCall call) override {
    auto job = std::make_shared<Job>();
    job->call = std::move(call);
    HandOff<CodeOutcome> answer(executor_, [this, &job](HandOff<CodeOutcome>::Done done) {
      job->done = std::move(done);
      pool_.submit(std::move(job));
    });
    CodeOutcome outcome = co_await answer;
    co_return outcome;
  }

  Task<CodeCheck> check(std::string name, std::string source) override {
    JobPtr job = check_job(std::move(name), std::move(source));
    HandOff<CodeCheck> answer(executor_, [this, &job](HandOff<CodeCheck>::Done done) {
      job->checked = [done = std::move(done)](LoadedFrame frame) {
        done(check_of(std::move(frame)));
      };
      pool_.submit(std::move(job));
    });
    CodeCheck result = co_await answer;
    co_return result;
  }

  Pressure pressure() const override {
    const std::uint64_t queued = pool_.counts().queued_bytes;
    const std::uint64_t most = max_queue_;
    if (queued >= most) return Pressure::full;
    return queued > most / 2 ? Pressure::high : Pressure::none;
  }

  CodeCheck check_now(std::string name, std::string source) override {
    JobPtr job = check_job(std::move(name), std::move(source));
    const auto promise = std::make_shared<std::promise<CodeCheck>>();
    job->checked = [promise](LoadedFrame frame) { promise->set_value(check_of(std::move(frame))); };
    executor_([this, job = std::move(job)]() mutable { pool_.submit(std::move(job)); });
    return promise->get_future().get();
  }

  SupervisorCounts counts() const override {
    const PoolCounts& now = pool_.counts();
    return {now.calls, now.refused, now.killed, now.died, now.started, now.ready, now.queued_bytes};
  }

  void reconfigure(const SupervisorOptions& options) override {
    max_queue_ = options.max_queue;
    executor_([this, options] { pool_.reconfigure(options); });
  }

  void release_waiters() override {
    executor_([this] { pool_.release_waiters(); });
  }

  void stop() override {
    if (!thread_.joinable()) return;
    executor_([this] {
      pool_.stop();
      work_.reset();
      io_.stop();
    });
    thread_.join();
  }

 private:
  void run_thread() {
    pthread_setname_np(pthread_self(), "handlers");
    const ExecutorScope scope(executor_);
    // Here and not before: workers end with the thread that started them.
    executor_([this] { pool_.start(); });
    // What leaves a callback is a bug or a lost resource: it costs what the callback was about.
    for (bool ended = false; !ended;) {
      try {
        io_.run();
        ended = true;
      } catch (const std::exception& failure) {
        logger()->error("a callback failed unexpectedly thread=handlers err=\"{}\"",
                        failure.what());
      }
    }
  }

  static JobPtr check_job(std::string name, std::string source) {
    auto job = std::make_shared<Job>();
    job->call.module = make_code_module(std::move(name), std::move(source), {});
    job->call.function = "(top level)";
    job->call.namespace_key = kChecks;
    return job;
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  const Executor executor_;
  std::atomic<std::uint64_t> max_queue_;  // bytes
  WorkerPool pool_;                       // the thread's
  std::thread thread_;
};

}  // namespace

CodeModulePtr make_code_module(std::string name, std::string source, const CodeExports& exports) {
  auto module = std::make_shared<CodeModule>();
  module->number = next_number++;
  module->name = std::move(name);
  module->source = std::move(source);
  module->on_publish = exports.on_publish;
  module->on_subscribe = exports.on_subscribe;
  return module;
}

std::unique_ptr<Supervisor> make_supervisor(const SupervisorOptions& options) {
  return std::make_unique<ProcessSupervisor>(options);
}

}  // namespace eventsd::handler
