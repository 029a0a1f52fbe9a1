// The writer's books: the rows of namespaces and channels, kept in memory and saved when the tail
// is folded.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "eventsd/event.hpp"
#include "store/epoch_book.hpp"
#include "store/sqlite.hpp"

namespace eventsd::store {

// A row of `channel`.
struct ChannelRow {
  std::int64_t id = 0;
  std::uint64_t events = 0;
  Position removed_through = 0;
  bool touched = false;
};

// Events in a row of one channel that are in `event` and in no list yet.
struct TailRun {
  std::int64_t channel_id = 0;
  Position first = 0;
  std::uint64_t events = 0;
};

// A row of `namespace`. Its address stays the same as long as the ledger lives.
struct NamespaceRow {
  std::string api_id;
  std::string name;
  std::int64_t id = 0;  // 0: not in the database
  std::uint64_t epoch = 0;
  Position head = 0;
  Position removed_through = 0;  // newest event that was ever removed
  Position folded_through = 0;   // the same, of channels that were empty and lost their row
  std::uint64_t events = 0;
  std::uint64_t channels = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t counted_bytes = 0;  // accounted_bytes() at the last commit
  bool touched = false;
  std::vector<TailRun> tail;
  std::unordered_map<std::string, ChannelRow> known_channels;  // a cache of rows

  // What the namespace counts for in maxStoreSize: payloads and an estimate of everything else.
  std::uint64_t accounted_bytes() const;
};

// What an event and a channel count for beside the payload (docs/STORE.md, "Sizes").
constexpr std::uint64_t kEventOverheadBytes = 128;
constexpr std::uint64_t kChannelOverheadBytes = 256;

// Tail events that make a commit fold: what a reader may have to look through (docs/STORE.md, "The
// tail").
constexpr std::uint64_t kFoldEvents = 1'024;

// Owns the write transaction. Between begin() and commit() rows are changed in memory and marked by
// touch(); they are written by the next fold, since what they count can be counted again from the
// events. Whatever cannot must be committed with Fold::now.
//   thread   the writer's
class Ledger {
 public:
  // REQUIRES: both arguments outlive the ledger and do not move; load() comes before the rest.
  Ledger(Connection& connection, EpochBook& epochs) : connection_(connection), epochs_(epochs) {}

  // Reads every namespace.
  [[nodiscard]] SqlStatus load();

  enum class Fold : std::uint8_t { when_due, now };
  [[nodiscard]] SqlStatus begin();
  [[nodiscard]] SqlStatus commit(Fold fold);
  // Lists the tail by channel and writes every touched row. REQUIRES: in a transaction.
  [[nodiscard]] SqlStatus fold();
  // The same in a transaction of its own, unless there is nothing to do.
  [[nodiscard]] SqlStatus fold_alone();
  // Undoes the transaction that `cause` broke and reads the rows again. Returns the cause, or, when
  // the books cannot be put right, an error that says so and is fatal.
  [[nodiscard]] SqlError roll_back(const SqlError& cause);

  // The namespace's row, or nullptr when it was never written.
  NamespaceRow* find(const ChannelNamespace& channel_namespace);
  // As find(), but creates the row. REQUIRES: in a transaction, as for everything below.
  [[nodiscard]] SqlResult<NamespaceRow*> find_or_create(const ChannelNamespace& channel_namespace);
  [[nodiscard]] SqlResult<ChannelRow*> find_or_create_channel(NamespaceRow& row,
                                                              const std::string& path);
  // Books events that were written to a channel, the first at `first`.
  void append(NamespaceRow& row, ChannelRow& channel, Position first, std::uint64_t events,
              std::uint64_t payload_bytes);
  void touch(NamespaceRow& row);
  void touch(ChannelRow& row);

  // Books the removal of `events` events of a channel, the newest at `newest`. An empty channel
  // loses its row; its watermark is folded into the namespace's.
  //   returns  how many events the channel still has
  [[nodiscard]] SqlResult<std::uint64_t> remove_events(NamespaceRow& row, std::int64_t channel_id,
                                                       std::uint64_t events, Position newest);

  // The sum of all namespaces' heads.
  std::uint64_t positions() const;
  // Gives every namespace a new epoch, in a transaction of its own: no old cursor recovers.
  [[nodiscard]] SqlStatus renew_epochs();

  // Of everything that was committed.
  std::uint64_t accounted_bytes() const { return accounted_bytes_; }

 private:
  [[nodiscard]] SqlStatus prepare();
  [[nodiscard]] SqlStatus read_rows();
  [[nodiscard]] SqlStatus read_namespaces();
  [[nodiscard]] SqlStatus read_tail(NamespaceRow& row);
  [[nodiscard]] SqlResult<std::string> path_of(std::int64_t channel_id);
  [[nodiscard]] SqlResult<ChannelRow*> find_channel(NamespaceRow& row, const std::string& path);
  bool fold_is_due() const;
  [[nodiscard]] SqlStatus list_tail();
  [[nodiscard]] SqlStatus save();
  [[nodiscard]] SqlStatus undo();
  void count(NamespaceRow& row);

  Connection& connection_;
  EpochBook& epochs_;
  std::unordered_map<std::string, NamespaceRow> namespaces_;
  std::size_t known_channels_ = 0;  // cached in all namespaces
  std::uint64_t accounted_bytes_ = 0;

  std::uint64_t tail_events_ = 0;  // of all namespaces

  // Changed since the last fold.
  std::vector<NamespaceRow*> touched_namespaces_;
  std::vector<ChannelRow*> touched_channels_;

  // Prepared once.
  Statement begin_, commit_, roll_back_;
  Statement read_namespaces_, insert_namespace_, save_namespace_;
  Statement find_channel_, read_channel_, insert_channel_, save_channel_, delete_channel_;
  Statement read_tail_, count_channels_, list_event_;
};

}  // namespace eventsd::store
