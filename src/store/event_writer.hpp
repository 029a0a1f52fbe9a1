// Writes event rows.
#pragma once

#include "store/ledger.hpp"

namespace eventsd::store {

struct WrittenBatch {
  NamespaceRow* row = nullptr;
  ChannelRow* channel = nullptr;
  Position first_position = 0;
};

//   thread   the writer's
class EventWriter {
 public:
  // REQUIRES: both arguments outlive the writer and do not move.
  [[nodiscard]] static SqlResult<EventWriter> make(Connection& connection, Ledger& ledger);

  // Gives the batch its positions and writes its rows. REQUIRES: in a transaction of the ledger.
  // The pointers of the result are good until the transaction ends.
  [[nodiscard]] SqlResult<WrittenBatch> write(const EventBatch& batch);

 private:
  EventWriter(Ledger& ledger, Statement insert) : ledger_(&ledger), insert_(std::move(insert)) {}

  Ledger* ledger_;
  Statement insert_;
};

}  // namespace eventsd::store
