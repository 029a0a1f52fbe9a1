#include "store/writer_database.hpp"

#include <algorithm>

#include "store/log.hpp"
#include "store/open_database.hpp"

namespace eventsd::store {

namespace {

// 8 MiB of log: short enough that moving it delays the next group by milliseconds, and that half of
// the reserve is enough for it on a full disk.
constexpr std::uint32_t kCheckpointPages = 2'000;
// 64 MiB: readers have kept the log from starting over; wait for them, within the busy timeout.
constexpr std::uint32_t kRestartPages = 16'000;
// What must be free beside the reserve before publishes are taken again.
constexpr std::uint64_t kHeadroomBytes = 1 << 20;
// Retention steps of one attempt to leave a full disk.
constexpr int kRecoverySteps = 20;
// Writes one page and changes nothing (docs/STORE.md, "A full disk").
constexpr const char* kProbe = "PRAGMA user_version=";

std::uint64_t accounted(const EventBatch& batch) {
  std::uint64_t bytes = 0;
  for (const Event& event : batch.events) bytes += event.payload.size() + kEventOverheadBytes;
  return bytes;
}

}  // namespace

WriterDatabase::WriterDatabase(const StoreOptions& options, HealthBoard& health, EpochBook& epochs)
    : options_(options),
      health_(health),
      epochs_(epochs),
      reserve_(options.path, options.vfs, options.reserve_bytes),
      high_water_(options.path),
      max_store_bytes_(options.max_store_bytes) {
  SqlStatus opened = open();
  if (!opened && trouble_of(opened.error()) == Trouble::full) {
    // The reserve of an earlier run may be all that is needed to open and clean up.
    reserve_.release();
    opened = open();
  }
  if (!opened) {
    if (trouble_of(opened.error()) == Trouble::full) {
      enter_disk_full(opened.error());  // tick() tries again
    } else {
      health_.fail(describe("opening " + options_.path, opened.error()));
    }
    return;
  }
  const SqlStatus reserved = reserve_.make(kHeadroomBytes);
  if (!reserved) enter_disk_full(reserved.error());
}

SqlStatus WriterDatabase::open() {
  SqlResult<Connection> opened = open_database(options_.path, options_.vfs, options_.synchronous);
  if (!opened) return opened.error();
  connection_ = std::make_unique<Connection>(std::move(*opened));
  SqlStatus loaded = load();
  if (!loaded) {
    retention_.reset();
    events_.reset();
    ledger_.reset();
    connection_.reset();
  }
  return loaded;
}

SqlStatus WriterDatabase::load() {
  auto ledger = std::make_unique<Ledger>(*connection_, epochs_);
  SqlStatus loaded = ledger->load();
  if (!loaded) return loaded;
  if (high_water_.is_older(ledger->positions())) {
    // Positions will be given out a second time, for other events: cursors of before mean nothing.
    logger()->warn(
        "history is older than what ran here before (a restored backup?): {} gets new "
        "epochs, and clients read it from its beginning",
        options_.path);
    const SqlStatus renewed = ledger->renew_epochs();
    if (!renewed) return renewed;
  }
  high_water_.note(ledger->positions());
  SqlResult<EventWriter> events = EventWriter::make(*connection_, *ledger);
  if (!events) return events.error();
  SqlResult<Retention> retention =
      Retention::make(*connection_, *ledger, "PRAGMA synchronous=" + options_.synchronous);
  if (!retention) return retention.error();
  ledger_ = std::move(ledger);
  events_.emplace(std::move(*events));
  retention_.emplace(std::move(*retention));
  retention_->set_max_store_bytes(max_store_bytes_);
  return retention_->follow(namespaces_);
}

ErrorKind WriterDatabase::refusal() const {
  return health_.failed() ? ErrorKind::store_unavailable : ErrorKind::store_full;
}

std::vector<AppendOutcome> WriterDatabase::append(std::span<const PendingAppend> group,
                                                  GroupSize& size) {
  std::vector<AppendOutcome> outcomes;
  outcomes.reserve(group.size());
  for (const PendingAppend& pending : group) {
    const ErrorKind kind = pending.overloaded ? ErrorKind::overloaded : refusal();
    outcomes.push_back({pending.batch, fail(kind), pending.waiter, pending.origin});
  }
  const bool all_refused = std::all_of(
      group.begin(), group.end(), [](const PendingAppend& pending) { return pending.overloaded; });
  if (!usable() || disk_full_ || all_refused) return outcomes;

  const SqlStatus written = write_group(group, outcomes, size);
  if (!written) {
    note_error("writing", written.error());
    const bool busy = trouble_of(written.error()) == Trouble::busy && !health_.failed();
    const ErrorKind kind = busy ? ErrorKind::overloaded : refusal();
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!group[i].overloaded) outcomes[i].first_position = fail(kind);
    }
    size = {};
  }
  update_limit_health();
  return outcomes;
}

SqlStatus WriterDatabase::write_group(std::span<const PendingAppend> group,
                                      std::vector<AppendOutcome>& outcomes, GroupSize& size) {
  pending_bytes_ = 0;
  removable_bytes_ = retention_->removable_bytes();
  SqlStatus done = ledger_->begin();
  if (!done) return done;
  std::vector<WrittenBatch> written;
  written.reserve(group.size());
  for (std::size_t i = 0; done && i < group.size(); ++i) {
    const EventBatch& batch = *group[i].batch;
    if (group[i].overloaded || !has_space_for(batch)) continue;
    SqlResult<WrittenBatch> wrote = events_->write(batch);
    if (!wrote) {
      done = wrote.error();
      break;
    }
    outcomes[i].first_position = wrote->first_position;
    written.push_back(*wrote);
    size.events += batch.events.size();
  }
  if (done) done = ledger_->commit(Ledger::Fold::when_due);
  if (!done) return ledger_->roll_back(done.error());
  size.bytes = pending_bytes_;
  for (const WrittenBatch& batch : written) {
    if (batch.channel != nullptr) retention_->appended(*batch.row, *batch.channel);
  }
  return {};
}

bool WriterDatabase::has_space_for(const EventBatch& batch) {
  const std::uint64_t bytes = accounted(batch);
  const std::uint64_t kept = ledger_->accounted_bytes() - removable_bytes_;
  if (kept + bytes > max_store_bytes_) {
    // A batch that would not fit an empty store tells nothing about this one.
    if (bytes <= max_store_bytes_) refused_bytes_ = bytes;
    return false;
  }
  pending_bytes_ += bytes;
  return true;
}

void WriterDatabase::update_limit_health() {
  if (refused_bytes_ == 0 || disk_full_ || !usable()) return;
  const std::uint64_t kept = ledger_->accounted_bytes() - retention_->removable_bytes();
  if (kept + refused_bytes_ <= max_store_bytes_) {
    refused_bytes_ = 0;
    health_.clear_full();
  } else {
    health_.set_full("maxStoreSize is reached and nothing may be removed: " + options_.path);
  }
}

void WriterDatabase::set_namespaces(std::span<const ChannelNamespacePtr> namespaces) {
  namespaces_.assign(namespaces.begin(), namespaces.end());
  if (!usable()) return;
  const SqlStatus followed = retention_->follow(namespaces_);
  if (!followed) note_error("following the configuration", followed.error());
  update_limit_health();
}

void WriterDatabase::set_max_store_bytes(std::uint64_t bytes) {
  max_store_bytes_ = bytes;
  if (!usable()) return;
  retention_->set_max_store_bytes(bytes);
  update_limit_health();
}

void WriterDatabase::tick() {
  if (health_.failed()) return;
  if (disk_full_) {
    try_to_leave_disk_full();
    return;
  }
  retention_->look_at_ages();
  update_limit_health();
  note_high_water();
}

void WriterDatabase::note_high_water() {
  if (usable()) high_water_.note(ledger_->positions());
}

Removed WriterDatabase::retention_step() {
  if (!usable() || disk_full_) return {};
  const SqlResult<Removed> removed = retention_->step(options_.now());
  if (removed) return *removed;
  note_error("removing old events", removed.error());
  return {};
}

void WriterDatabase::checkpoint_if_due() {
  if (!usable() || disk_full_ || connection_->wal_pages() < kCheckpointPages) return;
  const SqlStatus done = connection_->checkpoint(
      connection_->wal_pages() < kRestartPages ? Checkpoint::passive : Checkpoint::restart);
  if (!done) note_error("moving the log into the file", done.error());
}

bool WriterDatabase::needs_ticks() const {
  if (health_.failed()) return false;
  return disk_full_ || refused_bytes_ > 0 || (retention_ && retention_->has_events());
}

void WriterDatabase::note_error(const std::string& what, const SqlError& error) {
  switch (trouble_of(error)) {
    case Trouble::full:
      enter_disk_full(error);
      break;
    case Trouble::busy:
      logger()->warn("history is locked err=\"{}\"", describe(what, error));
      break;
    case Trouble::fatal:
      health_.fail(describe(what + " " + options_.path, error));
      break;
  }
}

void WriterDatabase::enter_disk_full(const SqlError& error) {
  disk_full_ = true;
  health_.set_full(describe("disk full: " + options_.path, error));
  reserve_.release();
}

void WriterDatabase::try_to_leave_disk_full() {
  if (connection_ == nullptr) {
    const SqlStatus opened = open();
    if (!opened) {
      if (trouble_of(opened.error()) == Trouble::fatal) note_error("opening", opened.error());
      return;
    }
  }
  reserve_.release();
  // First the log, so that its blocks are there for what retention writes. When even that has no
  // space, retention may still find some in the log itself.
  SqlStatus done = connection_->checkpoint(Checkpoint::truncate);
  if (!done && trouble_of(done.error()) == Trouble::fatal) {
    note_error("moving the log into the file", done.error());
    return;
  }
  retention_->look_at_ages();
  for (int i = 0; i < kRecoverySteps; ++i) {
    const SqlResult<Removed> removed = retention_->step(options_.now());
    if (!removed) {
      note_error("removing old events", removed.error());
      return;
    }
    if (removed->events == 0) break;
  }
  // An empty log gives its blocks back, and removed rows have left free pages in the file.
  done = connection_->checkpoint(Checkpoint::truncate);
  if (done) done = probe();
  if (!done) {
    note_error("trying the disk", done.error());
    return;
  }
  if (!reserve_.make(kHeadroomBytes)) return;
  disk_full_ = false;
  health_.clear_full();
  update_limit_health();
}

SqlStatus WriterDatabase::probe() {
  const SqlResult<std::int64_t> version = connection_->query_integer("PRAGMA user_version");
  if (!version) return version.error();
  return connection_->execute(kProbe + std::to_string(*version));
}

}  // namespace eventsd::store
