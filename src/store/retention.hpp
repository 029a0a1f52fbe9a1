// Removes events that a limit says must go: oldest first in each channel, a little at a time.
#pragma once

#include <chrono>
#include <deque>
#include <span>
#include <unordered_map>

#include "store/ledger.hpp"

namespace eventsd::store {

// Rows in one retention transaction: a publish that arrives meanwhile waits for no more.
constexpr std::uint64_t kRetentionBatch = 500;

struct Removed {
  std::uint64_t events = 0;  // 0: nothing to do
  std::uint64_t bytes = 0;   // accounted
};

// Knows what each listed namespace keeps and does one bounded transaction a call.
// Rules, in this order: age, events per channel, bytes per namespace, bytes of the whole store.
// Namespaces that are not listed are never touched.
//   thread   the writer's
class Retention {
 public:
  // `restore` is the SQL that sets the writer's synchronous mode again: a removal needs no sync of
  // its own, since a removal that is lost with the power is only done again.
  // REQUIRES: connection and ledger outlive the retention and do not move.
  [[nodiscard]] static SqlResult<Retention> make(Connection& connection, Ledger& ledger,
                                                 std::string restore);

  // The namespaces and policies from now on. A namespace listed without history gets a new epoch at
  // once (what is published while history is off is missing from it) and is emptied by steps.
  [[nodiscard]] SqlStatus follow(std::span<const ChannelNamespacePtr> namespaces);
  void set_max_store_bytes(std::uint64_t bytes) { max_store_bytes_ = bytes; }

  // Time has passed: the next steps look at ages again.
  void look_at_ages();
  // Events were committed to a channel that has `events` now.
  void appended(NamespaceRow& row, const ChannelRow& channel);

  // One transaction of at most kRetentionBatch rows. After an error the ledger is rolled back.
  [[nodiscard]] SqlResult<Removed> step(std::chrono::system_clock::time_point now);

  // Accounted bytes that steps may remove for maxStoreSize.
  std::uint64_t removable_bytes() const;
  // True when a listed namespace holds events, so that time alone can make work.
  bool has_events() const;

 private:
  struct Rule {
    ChannelNamespacePtr channel_namespace;
    HistoryPolicy policy;         // keeps nothing when history is off
    NamespaceRow* row = nullptr;  // nullptr until the namespace is written
  };
  struct Victim {
    std::int64_t key = 0;
    std::int64_t channel_id = 0;
    std::uint64_t payload_bytes = 0;
  };
  using Victims = std::vector<Victim>;

  Retention(Connection& connection, Ledger& ledger, std::string restore)
      : connection_(&connection), ledger_(&ledger), restore_(std::move(restore)) {}
  [[nodiscard]] SqlStatus renew_epoch(NamespaceRow& row);
  [[nodiscard]] SqlStatus find_crowded_channels(const Rule& rule);
  NamespaceRow* row_of(Rule& rule);

  // Each finds what its rule wants removed, at most a batch, all of the row it sets.
  [[nodiscard]] SqlResult<Victims> find_expired(std::chrono::system_clock::time_point now,
                                                NamespaceRow*& row);
  [[nodiscard]] SqlResult<Victims> find_crowded(NamespaceRow*& row);
  [[nodiscard]] SqlResult<Victims> find_over_bytes(NamespaceRow*& row);
  [[nodiscard]] SqlResult<Victims> find_over_store(NamespaceRow*& row);
  // The oldest events of a namespace until `excess` bytes are found.
  enum class Measure : std::uint8_t { payload, accounted };
  [[nodiscard]] SqlResult<Victims> oldest(const NamespaceRow& row, std::uint64_t excess,
                                          Measure measure);

  bool may_have_work() const;
  [[nodiscard]] SqlResult<Victims> find_victims(std::chrono::system_clock::time_point now,
                                                NamespaceRow*& row);
  [[nodiscard]] SqlStatus remove(NamespaceRow& row, const Victims& victims);

  Connection* connection_;
  Ledger* ledger_;
  std::string restore_;
  std::uint64_t max_store_bytes_ = ~std::uint64_t{0};
  std::vector<Rule> rules_;
  std::unordered_map<const NamespaceRow*, std::size_t> rule_of_;  // index into rules_

  // Work that is known to be due.
  std::deque<std::size_t> ages_due_;                         // indices into rules_
  std::unordered_map<std::int64_t, NamespaceRow*> crowded_;  // channels over their count

  Statement scan_, scan_channel_, count_channel_, find_crowded_, delete_event_, unlist_event_;
};

}  // namespace eventsd::store
