#include "store/event_writer.hpp"

#include "store/event_key.hpp"

namespace eventsd::store {

namespace {

constexpr const char* kInsertEvent =
    "INSERT INTO event (key, channel_id, timestamp_ms, id, payload) VALUES (?1, ?2, ?3, ?4, ?5)";

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace

SqlResult<EventWriter> EventWriter::make(Connection& connection, Ledger& ledger) {
  SqlResult<Statement> insert = connection.prepare(kInsertEvent);
  if (!insert) return insert.error();
  return EventWriter(ledger, std::move(*insert));
}

SqlResult<WrittenBatch> EventWriter::write(const EventBatch& batch) {
  SqlResult<NamespaceRow*> found = ledger_->find_or_create(*batch.channel_namespace);
  if (!found) return found.error();
  NamespaceRow& row = **found;
  const Position first = row.head + 1;
  if (batch.events.empty()) return WrittenBatch{&row, nullptr, first};
  if (first + batch.events.size() >= kPositionEnd) {
    return SqlError{0, 0, "a namespace has no more positions"};
  }
  SqlResult<ChannelRow*> opened = ledger_->find_or_create_channel(row, batch.channel);
  if (!opened) return opened.error();
  ChannelRow& channel = **opened;

  insert_.bind(2, channel.id).bind(3, milliseconds(batch.accepted_at));
  Position position = first;
  std::uint64_t payload_bytes = 0;
  for (const Event& event : batch.events) {
    insert_.bind(1, event_key(row.id, position++));
    insert_.bind_text(4, event.id).bind_blob(5, event.payload);
    SqlStatus inserted = insert_.run();
    if (!inserted) return inserted.error();
    payload_bytes += event.payload.size();
  }
  ledger_->append(row, channel, first, batch.events.size(), payload_bytes);
  return WrittenBatch{&row, &channel, first};
}

}  // namespace eventsd::store
