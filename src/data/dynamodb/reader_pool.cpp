#include "data/dynamodb/reader_pool.hpp"

#include <algorithm>
#include <optional>

#include "data/dynamodb/catalog_store.hpp"
#include "data/dynamodb/log.hpp"

namespace eventsd::data::dynamodb {

namespace {

// A connection with its statements; neither may move once they know each other.
struct Reader {
  explicit Reader(store::Connection opened) : connection(std::move(opened)), rows(connection) {}
  store::Connection connection;
  Rows rows;
};

}  // namespace

ReaderPool::ReaderPool(std::string path, unsigned threads, std::uint64_t max_queue_bytes)
    : path_(std::move(path)), max_queue_bytes_(max_queue_bytes) {
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) threads_.emplace_back([this] { run(); });
}

bool ReaderPool::submit(Job job, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  // A request above the cap is taken when nothing waits, else it could never be read.
  const bool full = queued_bytes_ > 0 && queued_bytes_ + bytes > max_queue_bytes_;
  if (stopping_ || full) return false;
  queued_bytes_ += bytes;
  jobs_.emplace_back(std::move(job), bytes);
  wake_.notify_one();
  return true;
}

void ReaderPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void ReaderPool::run() {
  std::optional<Reader> reader;
  while (true) {
    Job job;
    std::uint64_t bytes = 0;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      std::tie(job, bytes) = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (!reader) {
      store::SqlResult<store::Connection> opened = open_for_reading(path_);
      if (opened) {
        reader.emplace(std::move(*opened));
      } else {
        logger()->warn("dynamodb reader cannot open err=\"{}\"", opened.error().message);
      }
    }
    job(reader ? &reader->rows : nullptr);
    if (reader && reader->rows.sql_error()) {
      logger()->warn("dynamodb read failed err=\"{}\"", reader->rows.sql_error()->message);
      reader.reset();  // the next read starts from a clean connection
    }
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= bytes;
  }
}

}  // namespace eventsd::data::dynamodb
