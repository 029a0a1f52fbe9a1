// The rows of the tables in SQLite: `t<id>` holds items, `t<id>x<index>` points into it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "data/dynamodb/key_codec.hpp"
#include "store/sqlite.hpp"

namespace eventsd::data::dynamodb {

struct StoredRow {
  std::string item;      // JSON text, as append_item() writes it
  std::size_t size = 0;  // as size_of(item)
};

// One connection's statements. Failures of SQLite become InternalServerError; sql_error() keeps the
// first one for whoever owns the connection.
//   thread   the connection's
class Rows {
 public:
  explicit Rows(store::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Outcome<std::optional<StoredRow>> get(const Table& table, std::string_view key);

  // Calls `visit` with the rows of a range in key order (or against it) until it says false. The
  // views are valid during the call.
  struct Scan {
    const Table& table;
    const Index* index = nullptr;  // null: the table's own rows
    KeyRange rows;
    bool forward = true;
  };
  using Visit = std::function<bool(std::string_view item, std::size_t size)>;
  [[nodiscard]] Status scan(const Scan& scan, const Visit& visit);

  // Writes or removes one row. `ttl`: when it expires, in seconds since the epoch.
  [[nodiscard]] Status put(const Table& table, std::string_view key, std::string_view item,
                           std::size_t size, std::optional<std::int64_t> ttl);
  [[nodiscard]] Status erase(const Table& table, std::string_view key);
  [[nodiscard]] Status put_pointer(const Table& table, const Index& index, std::string_view key,
                                   std::string_view table_key);
  [[nodiscard]] Status erase_pointer(const Table& table, const Index& index, std::string_view key);

  // Keys of up to `limit` items whose time lies in (after, before).
  [[nodiscard]] Outcome<std::vector<std::string>> expired(const Table& table, std::int64_t after,
                                                          std::int64_t before, int limit);

  // Statements of a table that is gone.
  void forget(std::int64_t table_id);

  store::Connection& connection() { return connection_; }
  const std::optional<store::SqlError>& sql_error() const { return sql_error_; }
  void clear_sql_error() { sql_error_.reset(); }
  // Notes a failure of SQLite.
  Failure failure(const store::SqlError& error);

 private:
  enum class Kind : std::uint8_t {
    get,
    put,
    erase,
    expired,
    forward,
    backward,
    forward_open,
    backward_open,
  };
  // The statement for a table (index 0) or one of its indexes, prepared when first used.
  [[nodiscard]] Outcome<store::Statement*> statement(Kind kind, const Table& table,
                                                     std::int64_t index);

  store::Connection& connection_;
  std::map<std::tuple<std::int64_t, std::int64_t, Kind>, store::Statement> statements_;
  std::optional<store::SqlError> sql_error_;
};

// "t7", "t7x2": the SQLite tables of a table and of one of its indexes.
std::string row_table(std::int64_t table_id);
std::string index_table(std::int64_t table_id, std::int64_t index_id);

}  // namespace eventsd::data::dynamodb
