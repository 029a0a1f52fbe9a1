// What a write sees while it runs on the writer thread, inside the group's transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "data/dynamodb/catalog_store.hpp"

namespace eventsd::data::dynamodb {

// thread   the writer's
class WriteContext {
 public:
  WriteContext(Rows& rows, Catalog catalog, std::int64_t now_ms)
      : now_ms(now_ms), rows_(rows), catalog_(std::move(catalog)) {}

  const std::int64_t now_ms;  // since the Unix epoch, UTC

  Rows& rows() { return rows_; }
  const Catalog& catalog() const { return catalog_; }

  // The table as it is now; null when it was deleted since the request was read.
  TablePtr current(const Table& table) const;

  // What is stored of an item, before and after.
  struct Stored {
    std::string_view text;
    std::size_t size = 0;
    const Item* item = nullptr;  // needed when the table has indexes
  };
  // Writes an item and its index rows over what was there (null: nothing).
  [[nodiscard]] Status put(const Table& table, std::string_view key, const Stored& now,
                           const Stored* before);
  [[nodiscard]] Status erase(const Table& table, std::string_view key, const Stored& before);

  [[nodiscard]] Status create_table(Table table);
  [[nodiscard]] Status delete_table(const Table& table);
  // With another time to live or more indexes.
  [[nodiscard]] Status change_table(Table table);

  // Writes the counts that have changed; then the group can be committed.
  [[nodiscard]] Status finish();

 private:
  Status move_pointers(const Table& table, std::string_view key, const Item* before,
                       const Item* now);

  Rows& rows_;
  Catalog catalog_;
  std::map<std::int64_t, TableCounts> changes_;
};

// A write: runs in a transaction that others share. When it fails for a reason of its own it must
// not have changed anything.
using WriteJob = std::function<Outcome<std::string>(WriteContext&)>;

// Deletes up to `limit` expired items of every table; how many there were.
[[nodiscard]] Outcome<std::size_t> erase_expired(WriteContext& context, int limit);

}  // namespace eventsd::data::dynamodb
