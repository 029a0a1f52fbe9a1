#include "store/reader_pool.hpp"

#include <algorithm>

#include "store/log.hpp"

namespace eventsd::store {

ReaderPool::ReaderPool(const StoreOptions& options, HealthBoard& health, EpochBook& epochs)
    : path_(options.path), vfs_(options.vfs), health_(health), epochs_(epochs) {
  const unsigned count = std::max(options.readers, 1u);
  threads_.reserve(count);
  for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
}

void ReaderPool::read(ReadRequest request, ReadDone done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      jobs_.push_back({std::move(request), std::move(done)});
      wake_.notify_one();
      return;
    }
  }
  done(fail(ErrorKind::store_unavailable));
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
  std::optional<EventReader> reader;
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job.done(answer(reader, job.request));
  }
}

Result<Page> ReaderPool::answer(std::optional<EventReader>& reader, const ReadRequest& request) {
  if (health_.failed()) return fail(ErrorKind::store_unavailable);
  SqlError error;
  if (!reader) {
    SqlResult<EventReader> opened = EventReader::open(path_, vfs_, epochs_);
    if (opened) {
      reader.emplace(std::move(*opened));
    } else {
      error = opened.error();
    }
  }
  if (reader) {
    SqlResult<Page> page = reader->read(request);
    if (page) return std::move(*page);
    error = page.error();
    reader.reset();  // the next read starts from a clean connection
  }
  // On a full disk the file may not even have its tables yet: that is the writer's to judge.
  const bool full = health_.read().state == StoreHealth::State::full;
  if (trouble_of(error) == Trouble::fatal && !full) {
    health_.fail(describe("reading " + path_, error));
  } else {
    logger()->warn("history read failed err=\"{}\"", describe("reading " + path_, error));
  }
  return fail(ErrorKind::store_unavailable);
}

}  // namespace eventsd::store
