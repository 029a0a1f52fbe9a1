#include "data/dynamodb/writer.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "data/dynamodb/log.hpp"

namespace eventsd::data::dynamodb {

namespace {

using store::SqlStatus;

constexpr int kExpiryBatch = 200;  // items of a table in one transaction

Failure cannot_write() {
  return {"InternalServerError", "The tables cannot be read or written right now"};
}

}  // namespace

Writer::Writer(store::Connection connection, Catalog catalog, Settings settings)
    : connection_(std::move(connection)),
      rows_(connection_),
      catalog_(std::make_shared<const Catalog>(std::move(catalog))),
      settings_(std::move(settings)),
      next_expiry_(Clock::now()) {
  settings_.publish(catalog_);
  thread_ = std::thread([this] { run(); });
}

void Writer::submit(WriteJob job, Done done, std::uint64_t bytes) {
  Failure refusal = cannot_write();
  {
    const std::lock_guard lock(mutex_);
    // A request above the cap is taken when nothing waits, else it could never be written.
    const bool full = queued_bytes_ > 0 && queued_bytes_ + bytes > settings_.max_queue_bytes;
    if (!finished_ && !full) {
      queued_bytes_ += bytes;
      queue_.push_back({std::move(job), std::move(done), bytes});
      wake_.notify_one();
      return;
    }
    if (full) {
      refusal = {"ThrottlingException", "Too many writes are waiting for the disk; try again"};
    }
  }
  done(std::move(refusal));
}

void Writer::expire(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!finished_) {
      expiry_waiters_.push_back(std::move(done));
      wake_.notify_one();
      return;
    }
  }
  done();
}

void Writer::stop() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  wake_.notify_one();
  if (thread.joinable()) thread.join();
}

bool Writer::any_ttl() const {
  return std::any_of(catalog_->begin(), catalog_->end(),
                     [](const auto& entry) { return entry.second->ttl_attribute.has_value(); });
}

bool Writer::take(std::vector<Pending>& group, std::vector<std::function<void()>>& waiters) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !queue_.empty() || !expiry_waiters_.empty(); };
  if (any_ttl() && !broken_) {
    wake_.wait_until(lock, next_expiry_, ready);
  } else {
    wake_.wait(lock, ready);
  }
  group = std::exchange(queue_, {});
  waiters = std::exchange(expiry_waiters_, {});
  if (!stopping_ || !group.empty() || !waiters.empty()) return true;
  finished_ = true;
  return false;
}

void Writer::run() {
  std::vector<Pending> group;
  std::vector<std::function<void()>> waiters;
  while (take(group, waiters)) {
    if (!group.empty()) write(std::exchange(group, {}));
    if (any_ttl() && (!waiters.empty() || Clock::now() >= next_expiry_)) {
      expire_all();
      next_expiry_ = Clock::now() + settings_.ttl_interval;
    }
    for (const std::function<void()>& done : std::exchange(waiters, {})) done();
  }
}

std::optional<Failure> Writer::transact(const std::function<Status(WriteContext&)>& work) {
  if (broken_) return cannot_write();
  rows_.clear_sql_error();
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(settings_.now().time_since_epoch());
  WriteContext context(rows_, *catalog_, now.count());
  Status status;
  try {
    const SqlStatus begun = connection_.execute("BEGIN IMMEDIATE");
    if (!begun) status = rows_.failure(begun.error());
    if (status) status = work(context);
    if (status) status = context.finish();
    if (status) {
      const SqlStatus committed = connection_.execute("COMMIT");
      if (!committed) status = rows_.failure(committed.error());
    }
  } catch (const std::exception& exception) {
    note_trouble(exception.what());  // a damaged row, or no memory: what is in the file is in doubt
    status = cannot_write();
  }
  if (!status) {
    if (connection_.in_transaction() && !connection_.execute("ROLLBACK")) broken_ = true;
    if (const auto& error = rows_.sql_error()) {
      if (store::trouble_of(*error) == store::Trouble::fatal) {
        note_trouble(error->message);
      } else {
        logger()->warn("dynamodb write failed err=\"{}\"", error->message);
      }
    }
    return status.error();
  }
  if (context.catalog() != *catalog_) {
    catalog_ = std::make_shared<const Catalog>(context.catalog());
    settings_.publish(catalog_);
  }
  return std::nullopt;
}

void Writer::write(std::vector<Pending> group) {
  std::vector<Reply> replies;
  replies.reserve(group.size());
  std::uint64_t bytes = 0;
  for (const Pending& pending : group) bytes += pending.bytes;
  const std::optional<Failure> failure = transact([&](WriteContext& context) {
    for (Pending& pending : group) {
      replies.push_back(pending.job(context));
      // A statement that failed may have changed something: nobody's change stays.
      if (rows_.sql_error()) return Status(cannot_write());
    }
    return Status();
  });
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= bytes;
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i].done(failure ? Reply(*failure) : std::move(replies[i]));
  }
}

void Writer::expire_all() {
  // Between two batches the writes that wait have their turn.
  std::size_t erased = 0;
  do {
    const std::optional<Failure> failure = transact([&](WriteContext& context) {
      const Outcome<std::size_t> count = erase_expired(context, kExpiryBatch);
      erased = count ? *count : 0;
      return count ? Status() : Status(count.error());
    });
    if (failure) return;
    std::vector<Pending> group;
    {
      const std::lock_guard lock(mutex_);
      group = std::exchange(queue_, {});
    }
    if (!group.empty()) write(std::move(group));
  } while (erased > 0);
}

void Writer::note_trouble(const std::string& what) {
  broken_ = true;
  logger()->error("dynamodb tables are unusable err=\"{}\"", what);
  settings_.on_trouble(what);
}

}  // namespace eventsd::data::dynamodb
