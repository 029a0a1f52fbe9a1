#include "data/dynamodb/write_context.hpp"

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

// DynamoDB leaves items alone that should have expired more than five years ago.
constexpr std::int64_t kOldestExpiry = 5LL * 365 * 24 * 3600;

}  // namespace

TablePtr WriteContext::current(const Table& table) const {
  const auto found = catalog_.find(table.name);
  return found != catalog_.end() && found->second->id == table.id ? found->second : nullptr;
}

Status WriteContext::move_pointers(const Table& table, std::string_view key, const Item* before,
                                   const Item* now) {
  for (const Index& index : table.indexes) {
    const auto pointer = [&](const Item* item) {
      return item == nullptr ? std::nullopt : index_row_key(index, *item, key);
    };
    const std::optional<std::string> old_row = pointer(before);
    const std::optional<std::string> new_row = pointer(now);
    if (old_row == new_row) continue;
    Status status;
    if (old_row) status = rows_.erase_pointer(table, index, *old_row);
    if (status && new_row) status = rows_.put_pointer(table, index, *new_row, key);
    if (!status) return status;
  }
  return {};
}

Status WriteContext::put(const Table& table, std::string_view key, const Stored& now,
                         const Stored* before) {
  const std::optional<std::int64_t> ttl =
      table.ttl_attribute ? ttl_of(table, *now.item) : std::nullopt;
  Status status = rows_.put(table, key, now.text, now.size, ttl);
  if (status) {
    status = move_pointers(table, key, before == nullptr ? nullptr : before->item, now.item);
  }
  TableCounts& change = changes_[table.id];
  change.items += before == nullptr ? 1 : 0;
  change.bytes += static_cast<std::int64_t>(now.size) -
                  static_cast<std::int64_t>(before == nullptr ? 0 : before->size);
  return status;
}

Status WriteContext::erase(const Table& table, std::string_view key, const Stored& before) {
  Status status = rows_.erase(table, key);
  if (status) status = move_pointers(table, key, before.item, nullptr);
  TableCounts& change = changes_[table.id];
  change.items -= 1;
  change.bytes -= static_cast<std::int64_t>(before.size);
  return status;
}

Status WriteContext::create_table(Table table) {
  const Status status = insert_table(rows_, table);
  if (!status) return status;
  const std::string name = table.name;
  catalog_[name] = std::make_shared<const Table>(std::move(table));
  return {};
}

Status WriteContext::delete_table(const Table& table) {
  const Status status = drop_table(rows_, table);
  if (!status) return status;
  changes_.erase(table.id);
  catalog_.erase(catalog_.find(table.name));
  return {};
}

Status WriteContext::change_table(Table table) {
  const TablePtr before = current(table);
  Status status;
  for (const Index& index : table.indexes) {
    if (status && before->find_index(index.name) == nullptr) {
      status = fill_index(rows_, table, index);
    }
  }
  if (status && table.ttl_attribute != before->ttl_attribute) status = fill_ttl(rows_, table);
  if (status) status = replace_definition(rows_, table);
  if (!status) return status;
  const std::string name = table.name;
  catalog_[name] = std::make_shared<const Table>(std::move(table));
  return {};
}

Status WriteContext::finish() {
  for (const auto& [table, change] : changes_) {
    if (change.items == 0 && change.bytes == 0) continue;
    const Status status = add_counts(rows_, table, change);
    if (!status) return status;
  }
  return {};
}

Outcome<std::size_t> erase_expired(WriteContext& context, int limit) {
  const std::int64_t now = context.now_ms / 1000;
  std::size_t erased = 0;
  for (const auto& [name, table] : context.catalog()) {
    if (!table->ttl_attribute) continue;
    const Outcome<std::vector<std::string>> keys =
        context.rows().expired(*table, now - kOldestExpiry, now, limit);
    if (!keys) return keys.error();
    for (const std::string& key : *keys) {
      const Outcome<std::optional<StoredRow>> row = context.rows().get(*table, key);
      if (!row) return row.error();
      if (!*row) continue;
      const Item item = parse_stored_item((*row)->item);
      const Status status =
          context.erase(*table, key, {.text = {}, .size = (*row)->size, .item = &item});
      if (!status) return status.error();
      ++erased;
    }
  }
  return erased;
}

}  // namespace eventsd::data::dynamodb
