#include "store/writer_thread.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace eventsd::store {

namespace {

constexpr std::chrono::seconds kTick{1};

// When publishers are many, those whose answers have just gone out are about to publish again. A
// group then waits for as many batches as the last one had, for at most this share of the time the
// last commit took: a little delay for up to twice the throughput. A single publisher never waits.
constexpr int kGatherShare = 8;
constexpr std::chrono::microseconds kMaxGather{500};

}  // namespace

WriterThread::WriterThread(const StoreOptions& options, WriterDatabase& database,
                           HealthBoard& health)
    : health_(health),
      database_(database),
      max_queue_bytes_(options.max_queue_bytes),
      next_tick_(Clock::now() + kTick) {
  thread_ = std::thread([this] { run(); });
}

void WriterThread::set_commit_sink(EventStore::CommitSink sink) {
  const std::lock_guard lock(mutex_);
  sink_ = std::move(sink);
}

void WriterThread::append_all(std::span<Append> appends) {
  EventStore::CommitSink sink;
  {
    const std::lock_guard lock(mutex_);
    if (!finished_) {
      const std::size_t before = inbox_.appends.size();
      std::uint64_t queued = queued_bytes_.load(std::memory_order_relaxed);
      for (Append& append : appends) {
        // A batch above the cap is taken when nothing waits, else it could never be written.
        const std::uint64_t bytes = append.batch->bytes;
        const bool overloaded = queued > 0 && queued + bytes > max_queue_bytes();
        if (!overloaded) queued += bytes;
        inbox_.appends.push_back(
            {std::move(append.batch), append.waiter, append.origin, overloaded});
      }
      queued_bytes_.store(queued, std::memory_order_relaxed);
      // A wake-up costs more than a row: only the append that completes what is waited for makes
      // one.
      if (before < wanted_ && inbox_.appends.size() >= wanted_) wake_.notify_one();
      return;
    }
    sink = sink_;
  }
  std::vector<AppendOutcome> outcomes;
  for (Append& append : appends) {
    outcomes.push_back({std::move(append.batch), fail(ErrorKind::store_unavailable), append.waiter,
                        append.origin});
  }
  if (sink) sink(std::move(outcomes));
}

void WriterThread::set_namespaces(std::vector<ChannelNamespacePtr> namespaces) {
  const std::lock_guard lock(mutex_);
  inbox_.namespaces = std::move(namespaces);
  wake_.notify_one();
}

void WriterThread::set_limits(std::uint64_t max_queue_bytes, std::uint64_t max_store_bytes) {
  const std::lock_guard lock(mutex_);
  max_queue_bytes_.store(max_queue_bytes, std::memory_order_relaxed);
  inbox_.max_store_bytes = max_store_bytes;
  wake_.notify_one();
}

void WriterThread::run_retention(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!finished_) {
      inbox_.retention_waiters.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done();
}

void WriterThread::stop() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  wake_.notify_one();
  if (thread.joinable()) thread.join();
}

void WriterThread::run() {
  Inbox inbox;
  while (take_inbox(inbox)) {
    GroupSize size;
    apply_settings(inbox);
    if (!inbox.appends.empty()) size = write_appends(std::exchange(inbox.appends, {}));
    if (Clock::now() >= next_tick_) {
      next_tick_ = Clock::now() + kTick;
      retention_behind_ = true;
      database_.tick();
    }
    if (retention_behind_) run_retention_share(size);
    database_.checkpoint_if_due();
  }
  call_retention_waiters();
  database_.note_high_water();
}

bool WriterThread::take_inbox(Inbox& inbox) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !inbox_.empty(); };
  if (!retention_behind_) {
    if (database_.needs_ticks()) {
      wake_.wait_until(lock, next_tick_, ready);
    } else {
      wake_.wait(lock, ready);
    }
  }
  gather(lock);
  if (stopping_ && inbox_.empty()) {
    finished_ = true;
    return false;
  }
  inbox = std::exchange(inbox_, {});
  return true;
}

void WriterThread::gather(std::unique_lock<std::mutex>& lock) {
  if (inbox_.appends.empty() || inbox_.appends.size() >= last_group_ || stopping_) return;
  const auto longest = std::min<Clock::duration>(last_commit_ / kGatherShare, kMaxGather);
  wanted_ = last_group_;
  wake_.wait_for(lock, longest, [this] { return stopping_ || inbox_.appends.size() >= wanted_; });
  wanted_ = 1;
}

void WriterThread::apply_settings(Inbox& inbox) {
  if (inbox.max_store_bytes) database_.set_max_store_bytes(*inbox.max_store_bytes);
  if (inbox.namespaces) database_.set_namespaces(*inbox.namespaces);
  if (inbox.max_store_bytes || inbox.namespaces) retention_behind_ = true;
  if (!inbox.retention_waiters.empty()) {
    std::move(inbox.retention_waiters.begin(), inbox.retention_waiters.end(),
              std::back_inserter(retention_waiters_));
    database_.tick();
    retention_behind_ = true;
  }
  inbox.namespaces.reset();
  inbox.max_store_bytes.reset();
  inbox.retention_waiters.clear();
}

GroupSize WriterThread::write_appends(std::vector<PendingAppend> group) {
  GroupSize size;
  std::vector<AppendOutcome> outcomes;
  const Clock::time_point start = Clock::now();
  try {
    outcomes = database_.append(group, size);
  } catch (const std::exception& exception) {
    // Out of memory in the middle of a transaction: what is in the file is in doubt.
    health_.fail(std::string("writing: ") + exception.what());
    outcomes.clear();
    for (const PendingAppend& pending : group) {
      outcomes.push_back(
          {pending.batch, fail(ErrorKind::store_unavailable), pending.waiter, pending.origin});
    }
  }
  last_commit_ = Clock::now() - start;
  last_group_ = group.size();
  if (size.events > 0) {
    counters_.committed(size.events, last_commit_);
    retention_behind_ = true;
  }

  std::uint64_t bytes = 0;
  for (const PendingAppend& pending : group) {
    if (!pending.overloaded) bytes += pending.batch->bytes;
  }
  EventStore::CommitSink sink;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_.store(queued_bytes() - bytes, std::memory_order_relaxed);
    sink = sink_;
  }
  if (sink) sink(std::move(outcomes));
  return size;
}

void WriterThread::run_retention_share(const GroupSize& group) {
  // At least one step, and as much as the group added: retention never falls behind for good.
  Removed total;
  do {
    const Removed removed = database_.retention_step();
    if (removed.events == 0) {
      retention_behind_ = false;
      call_retention_waiters();
      return;
    }
    total.events += removed.events;
    total.bytes += removed.bytes;
  } while (total.events < group.events || total.bytes < group.bytes);
}

void WriterThread::call_retention_waiters() {
  for (const std::function<void()>& done : std::exchange(retention_waiters_, {})) done();
}

}  // namespace eventsd::store
