// History: what was broadcast, kept in order until retention removes it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eventsd/counter.hpp"
#include "eventsd/event.hpp"
#include "eventsd/result.hpp"

namespace eventsd {

struct StoredEvent {
  Position position = 0;
  std::string id;
  std::string channel;
  std::string payload;
  std::int64_t timestamp_ms = 0;  // since the Unix epoch, UTC
};

// A batch to append, and what its outcome is told with.
struct Append {
  EventBatchPtr batch;
  void* waiter = nullptr;
  std::uint32_t origin = 0;
};

// A committed append, or why it failed.
struct AppendOutcome {
  EventBatchPtr batch;
  Result<Position> first_position;
  void* waiter = nullptr;    // as given to append()
  std::uint32_t origin = 0;  // as given to append()
};

struct ReadRequest {
  enum class Direction : std::uint8_t { newer, older };
  ChannelNamespacePtr channel_namespace;
  std::string channel;                     // normalised; may end in "/*"
  Direction direction = Direction::older;  // older: the newest events before `from`
  std::optional<Position> from;        // exclusive; absent: from the end (older) or start (newer)
  std::uint32_t limit = 100;           // events
  std::uint64_t max_bytes = 4u << 20;  // payload bytes; at least one event is returned
  std::uint32_t max_scan = 50'000;     // rows looked at (wildcards)
};

// One page, oldest event first whatever the direction.
struct Page {
  std::vector<StoredEvent> events;
  std::uint64_t epoch = 0;  // of the namespace's store; cursors carry it
  Position head = 0;        // the namespace's last committed position at the read
  // Where to go on in the same direction (exclusive), absent when the end was reached.
  std::optional<Position> next;
  // Position of the newest event that was removed by retention and matches the channel (may err on
  // the high side, never on the low side); 0 when nothing was removed.
  Position removed_through = 0;
};

struct StoreHealth {
  enum class State : std::uint8_t { ok, full, failed };
  State state = State::ok;
  std::string detail;  // for operators, e.g. "disk full: dataDir/events.db"
};

// What the writer has done since it began. Removals by retention are not in it.
struct StoreStats {
  // Upper bounds of the histogram: events a commit; the last class has no bound.
  static constexpr std::array<std::uint64_t, 11> kRowBounds{1,  2,   4,   8,   16,  32,
                                                            64, 128, 256, 512, 1024};
  std::uint64_t commits = 0;  // groups of appends that were committed
  std::uint64_t rows = 0;     // events in them
  std::array<std::uint64_t, kRowBounds.size() + 1> commits_by_rows{};  // each commit in one class
  std::array<std::uint64_t, kTimeBounds.size() + 1> commits_by_time{};
  std::uint64_t commit_nanoseconds = 0;  // all commits together, fsync included
};

struct StoreOptions {
  std::string path;  // database file; created with its folder present
  std::uint64_t max_queue_bytes = 64u << 20;
  std::uint64_t max_store_bytes = 10ull << 30;
  std::uint64_t reserve_bytes = 16u << 20;  // reserve file that lets retention run on a full disk
  unsigned readers = 2;                     // read-only connections, one thread each
  // Seams for tests.
  std::string vfs;  // SQLite VFS name; empty: the default
  std::string synchronous = "FULL";
  std::function<std::chrono::system_clock::time_point()> now;
};

// SQLite, WAL. One writer thread with group commit: all appends that wait when a transaction starts
// share it. Reads never wait behind it.
class EventStore {
 public:
  virtual ~EventStore() = default;

  // Called on the writer thread after each commit (or its failure) with everything it decided, in
  // commit order: positions grow within a namespace from call to call.
  using CommitSink = std::function<void(std::vector<AppendOutcome>)>;
  virtual void set_commit_sink(CommitSink sink) = 0;

  // Queues a batch. Its outcome reaches the commit sink; durable by then.
  //   errors (in the outcome)  overloaded (queue at its cap), store_full, store_unavailable
  //   thread   any; per caller the order is kept
  virtual void append(EventBatchPtr batch, void* waiter, std::uint32_t origin) = 0;

  // The same for several at once, in their order: one hand-over to the storage thread, and one
  // group. The batches are moved from.
  virtual void append_all(std::span<Append> appends) {
    for (Append& one : appends) append(std::move(one.batch), one.waiter, one.origin);
  }

  // Bytes waiting to be written, and the cap.
  virtual std::uint64_t queued_bytes() const = 0;
  virtual std::uint64_t max_queue_bytes() const = 0;

  // Reads one page on a reader thread; `done` is called there.
  //   errors   store_unavailable
  //   thread   any
  virtual void read(ReadRequest request, std::function<void(Result<Page>)> done) = 0;

  // The namespaces that exist now and what they keep; retention follows. History of a namespace
  // that is not listed is kept until it is listed again or the operator removes the file.
  virtual void set_namespaces(std::vector<ChannelNamespacePtr> namespaces) = 0;
  virtual void set_limits(std::uint64_t max_queue_bytes, std::uint64_t max_store_bytes) = 0;

  // Runs retention now, on the writer thread; `done` is called there. (It also runs by itself.)
  virtual void run_retention(std::function<void()> done) = 0;

  virtual StoreHealth health() const = 0;

  // Counted by the writer, read by anyone a moment late.
  virtual StoreStats stats() const { return {}; }

  // Commits what is queued, then stops the threads. Idempotent.
  virtual void stop() = 0;
};

// Opens or creates the database and runs migrations. A damaged database does not throw: the store
// comes up with health failed, and every append and read says store_unavailable.
std::unique_ptr<EventStore> make_sqlite_event_store(StoreOptions options);

}  // namespace eventsd
