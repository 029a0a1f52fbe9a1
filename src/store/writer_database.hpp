// Everything the writer does to the database: groups of appends, retention, checkpoints, and the
// way back from a full disk. No thread of its own.
#pragma once

#include <span>

#include "eventsd/event_store.hpp"
#include "store/event_writer.hpp"
#include "store/health_board.hpp"
#include "store/high_water.hpp"
#include "store/ledger.hpp"
#include "store/reserve_file.hpp"
#include "store/retention.hpp"

namespace eventsd::store {

// An append that waits, or one that was refused when it came and waits for its turn to say so.
struct PendingAppend {
  EventBatchPtr batch;
  void* waiter = nullptr;
  std::uint32_t origin = 0;
  bool overloaded = false;
};

// How big a committed group was.
struct GroupSize {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  // accounted
};

//   thread   the writer's, once constructed
class WriterDatabase {
 public:
  // Opens the file. On failure the object is there and health says failed (or full).
  // REQUIRES: health and epochs outlive it.
  WriterDatabase(const StoreOptions& options, HealthBoard& health, EpochBook& epochs);

  // Writes the group in one transaction. One outcome for each, in the order given.
  std::vector<AppendOutcome> append(std::span<const PendingAppend> group, GroupSize& size);

  void set_namespaces(std::span<const ChannelNamespacePtr> namespaces);
  void set_max_store_bytes(std::uint64_t bytes);

  // Time has passed, or somebody asked: look at ages again, and on a full disk try to come back.
  void tick();
  // One step of retention. `events` 0: nothing is left to do until tick() or append().
  Removed retention_step();
  // Moves the log into the file when it has grown long enough.
  void checkpoint_if_due();

  // The daemon stops.
  void note_high_water();

  // True when tick() can make work.
  bool needs_ticks() const;

 private:
  [[nodiscard]] SqlStatus open();
  [[nodiscard]] SqlStatus load();
  [[nodiscard]] SqlStatus write_group(std::span<const PendingAppend> group,
                                      std::vector<AppendOutcome>& outcomes, GroupSize& size);
  bool usable() const { return ledger_ != nullptr && !health_.failed(); }
  bool has_space_for(const EventBatch& batch);
  void update_limit_health();
  // Decides what an error means. `what` for the operator.
  void note_error(const std::string& what, const SqlError& error);
  void enter_disk_full(const SqlError& error);
  void try_to_leave_disk_full();
  [[nodiscard]] SqlStatus probe();
  ErrorKind refusal() const;

  // Constant after construction.
  StoreOptions options_;
  HealthBoard& health_;
  EpochBook& epochs_;

  ReserveFile reserve_;
  HighWater high_water_;
  std::uint64_t max_store_bytes_;
  bool disk_full_ = false;
  // Of the append that maxStoreSize refused last, for want of events that may be removed; 0 once
  // there is space for as much.
  std::uint64_t refused_bytes_ = 0;
  std::uint64_t pending_bytes_ = 0;              // of this group, accounted
  std::uint64_t removable_bytes_ = 0;            // at the start of this group
  std::vector<ChannelNamespacePtr> namespaces_;  // as last listed

  // Statements end before their connection. All three are absent or none is.
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Ledger> ledger_;
  std::optional<EventWriter> events_;
  std::optional<Retention> retention_;
};

}  // namespace eventsd::store
