#include "app/data_thread.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>

#include "app/callback_loop.hpp"

namespace eventsd::app {
namespace {

void report(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::error("a call of a data source failed unexpectedly err=\"{}\"", error.what());
  }
}

}  // namespace

Task<void> DataThread::run_counted(std::function<Task<void>()> work, Spawned& spawned,
                                   std::size_t bytes) {
  struct Leave {
    Spawned& spawned;
    const std::size_t bytes;
    ~Leave() {
      --spawned.count;
      spawned.bytes -= bytes;
    }
  } const leave{spawned, bytes};
  co_await work();
}

DataThread::DataThread()
    : work_(io_.get_executor()),
      executor_([this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); }),
      tasks_(&report) {}

DataThread::~DataThread() { stop(); }

void DataThread::start() {
  thread_ = std::thread([this] { run_callbacks(io_, executor_, "data"); });
}

void DataThread::stop() {
  if (!thread_.joinable()) return;
  work_.reset();
  io_.stop();
  thread_.join();
}

bool DataThread::spawn(std::function<Task<void>()> work, std::size_t bytes) {
  const std::size_t count = ++spawned_.count;
  const std::size_t held = spawned_.bytes += bytes;
  if (count > kMaxSpawned || held > kMaxSpawnedBytes) {
    --spawned_.count;
    spawned_.bytes -= bytes;
    return false;
  }
  executor_(
      [this, work = std::move(work), bytes] { tasks_.spawn(run_counted(work, spawned_, bytes)); });
  return true;
}

std::shared_ptr<DataSource> DataThread::own(std::shared_ptr<DataSource> source) {
  DataSource* const raw = source.get();
  // Ends with the callback, whether that is called or, after stop(), dropped.
  return {raw, [this, source = std::move(source)](DataSource*) mutable {
            executor_([last = std::move(source)]() mutable { last.reset(); });
          }};
}

}  // namespace eventsd::app
