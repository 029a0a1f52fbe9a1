// Reads pages of history on one read-only connection.
#pragma once

#include <string>

#include "eventsd/event_store.hpp"
#include "store/epoch_book.hpp"
#include "store/sqlite.hpp"

namespace eventsd::store {

//   thread   one at a time
class EventReader {
 public:
  // REQUIRES: the database has its tables.
  [[nodiscard]] static SqlResult<EventReader> open(const std::string& path, const std::string& vfs,
                                                   EpochBook& epochs);

  // One page, all of it from one snapshot. A limit of 0 gives no events and no `next`, only epoch,
  // head and removed_through.
  [[nodiscard]] SqlResult<Page> read(const ReadRequest& request);

 private:
  EventReader(Connection connection, EpochBook& epochs)
      : connection_(std::move(connection)), epochs_(&epochs) {}

  // In a snapshot, from here on.
  [[nodiscard]] SqlStatus fill(const ReadRequest& request, Page& page);
  [[nodiscard]] SqlStatus fill_channel(const ReadRequest& request, std::int64_t namespace_id,
                                       Position folded_through, Position listed_through,
                                       Page& page);
  [[nodiscard]] SqlStatus fill_wildcard(const ReadRequest& request, std::int64_t namespace_id,
                                        Position folded_through, Page& page);
  [[nodiscard]] SqlResult<Position> newest_removed(const std::string& prefix,
                                                   std::int64_t namespace_id,
                                                   Position folded_through, Position removed);
  [[nodiscard]] SqlResult<std::string> channel_path(std::int64_t channel_id);
  [[nodiscard]] SqlResult<StoredEvent> event_at(std::int64_t key, std::string channel);

  Connection connection_;
  EpochBook* epochs_;
  Statement begin_, end_;
  Statement find_namespace_, find_channel_, channel_path_, event_at_, newest_removed_;
  Statement channel_newer_, channel_older_, scan_newer_, scan_older_;
  Statement tail_newer_, tail_older_, last_event_;
};

}  // namespace eventsd::store
