#include "data/dynamodb/rows.hpp"

namespace eventsd::data::dynamodb {

namespace {

using store::ResetAtEnd;
using store::SqlResult;
using store::SqlStatus;
using store::Statement;

// Prepared statements are few per table; with very many tables they are made anew.
constexpr std::size_t kMaxStatements = 2000;

std::string select_range(const std::string& table, const std::string& index, bool forward,
                         bool open) {
  const std::string from =
      index.empty() ? table + " r" : index + " x JOIN " + table + " r ON r.key = x.base";
  const std::string key = index.empty() ? "r.key" : "x.key";
  return "SELECT r.item, r.size FROM " + from + " WHERE " + key + " >= ?1" +
         (open ? "" : " AND " + key + " < ?2") + " ORDER BY " + key + (forward ? "" : " DESC");
}

}  // namespace

std::string row_table(std::int64_t table_id) { return "t" + std::to_string(table_id); }

std::string index_table(std::int64_t table_id, std::int64_t index_id) {
  return row_table(table_id) + "x" + std::to_string(index_id);
}

Failure Rows::failure(const store::SqlError& error) {
  if (!sql_error_) sql_error_ = error;
  return {"InternalServerError", "The tables cannot be read or written right now"};
}

Outcome<Statement*> Rows::statement(Kind kind, const Table& table, std::int64_t index) {
  const auto id = std::make_tuple(table.id, index, kind);
  if (const auto found = statements_.find(id); found != statements_.end()) return &found->second;
  const std::string name = row_table(table.id);
  const std::string pointers = index == 0 ? std::string() : index_table(table.id, index);
  std::string sql;
  switch (kind) {
    case Kind::get:
      sql = "SELECT item, size FROM " + name + " WHERE key = ?1";
      break;
    case Kind::put:
      sql = index == 0 ? "INSERT INTO " + name +
                             " (key, item, size, ttl) VALUES (?1, ?2, ?3, NULLIF(?4, -1)) ON "
                             "CONFLICT (key) DO UPDATE SET item = excluded.item, "
                             "size = excluded.size, ttl = excluded.ttl"
                       : "INSERT OR REPLACE INTO " + pointers + " (key, base) VALUES (?1, ?2)";
      break;
    case Kind::erase:
      sql = "DELETE FROM " + (index == 0 ? name : pointers) + " WHERE key = ?1";
      break;
    case Kind::expired:
      sql = "SELECT key FROM " + name + " WHERE ttl > ?1 AND ttl < ?2 ORDER BY ttl LIMIT ?3";
      break;
    case Kind::forward:
    case Kind::backward:
    case Kind::forward_open:
    case Kind::backward_open:
      sql = select_range(name, pointers, kind == Kind::forward || kind == Kind::forward_open,
                         kind == Kind::forward_open || kind == Kind::backward_open);
      break;
  }
  SqlResult<Statement> prepared = connection_.prepare(sql.c_str());
  if (!prepared) return failure(prepared.error());
  if (statements_.size() >= kMaxStatements) statements_.clear();
  return &statements_.emplace(id, std::move(*prepared)).first->second;
}

Outcome<std::optional<StoredRow>> Rows::get(const Table& table, std::string_view key) {
  const Outcome<Statement*> select = statement(Kind::get, table, 0);
  if (!select) return select.error();
  const ResetAtEnd reset(**select);
  const SqlResult<bool> row = (*select)->bind_blob(1, key).step();
  if (!row) return failure(row.error());
  if (!*row) return std::optional<StoredRow>();
  return std::optional<StoredRow>(
      {std::string((*select)->bytes(0)), static_cast<std::size_t>((*select)->integer(1))});
}

Status Rows::scan(const Scan& scan, const Visit& visit) {
  const bool open = !scan.rows.high;
  if (!open && *scan.rows.high <= scan.rows.low) return {};
  const Kind kind = scan.forward ? (open ? Kind::forward_open : Kind::forward)
                                 : (open ? Kind::backward_open : Kind::backward);
  const Outcome<Statement*> select =
      statement(kind, scan.table, scan.index == nullptr ? 0 : scan.index->id);
  if (!select) return select.error();
  Statement& rows = **select;
  const ResetAtEnd reset(rows);
  rows.bind_blob(1, scan.rows.low);
  if (!open) rows.bind_blob(2, *scan.rows.high);
  while (true) {
    const SqlResult<bool> row = rows.step();
    if (!row) return failure(row.error());
    if (!*row || !visit(rows.bytes(0), static_cast<std::size_t>(rows.integer(1)))) return {};
  }
}

Status Rows::put(const Table& table, std::string_view key, std::string_view item, std::size_t size,
                 std::optional<std::int64_t> ttl) {
  const Outcome<Statement*> insert = statement(Kind::put, table, 0);
  if (!insert) return insert.error();
  (*insert)->bind_blob(1, key).bind_text(2, item).bind(3, static_cast<std::int64_t>(size));
  const SqlStatus done = (*insert)->bind(4, ttl.value_or(-1)).run();
  if (!done) return failure(done.error());
  return {};
}

Status Rows::erase(const Table& table, std::string_view key) {
  const Outcome<Statement*> remove = statement(Kind::erase, table, 0);
  if (!remove) return remove.error();
  const SqlStatus done = (*remove)->bind_blob(1, key).run();
  if (!done) return failure(done.error());
  return {};
}

Status Rows::put_pointer(const Table& table, const Index& index, std::string_view key,
                         std::string_view table_key) {
  const Outcome<Statement*> insert = statement(Kind::put, table, index.id);
  if (!insert) return insert.error();
  const SqlStatus done = (*insert)->bind_blob(1, key).bind_blob(2, table_key).run();
  if (!done) return failure(done.error());
  return {};
}

Status Rows::erase_pointer(const Table& table, const Index& index, std::string_view key) {
  const Outcome<Statement*> remove = statement(Kind::erase, table, index.id);
  if (!remove) return remove.error();
  const SqlStatus done = (*remove)->bind_blob(1, key).run();
  if (!done) return failure(done.error());
  return {};
}

Outcome<std::vector<std::string>> Rows::expired(const Table& table, std::int64_t after,
                                                std::int64_t before, int limit) {
  const Outcome<Statement*> select = statement(Kind::expired, table, 0);
  if (!select) return select.error();
  Statement& rows = **select;
  const ResetAtEnd reset(rows);
  rows.bind(1, after).bind(2, before).bind(3, static_cast<std::int64_t>(limit));
  std::vector<std::string> keys;
  while (true) {
    const SqlResult<bool> row = rows.step();
    if (!row) return failure(row.error());
    if (!*row) return keys;
    keys.emplace_back(rows.bytes(0));
  }
}

void Rows::forget(std::int64_t table_id) {
  std::erase_if(statements_,
                [&](const auto& entry) { return std::get<0>(entry.first) == table_id; });
}

}  // namespace eventsd::data::dynamodb
