// The file itself: its settings, the catalog of tables, and the tokens of transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data/dynamodb/rows.hpp"
#include "data/dynamodb/table_json.hpp"

namespace eventsd::data::dynamodb {

// Opens (or creates) the file for the writer and brings its own tables up to date.
[[nodiscard]] store::SqlResult<store::Connection> open_for_writing(const std::string& path,
                                                                   const std::string& synchronous);
[[nodiscard]] store::SqlResult<store::Connection> open_for_reading(const std::string& path);

// What follows fails with InternalServerError (see Rows).
[[nodiscard]] Outcome<Catalog> load_catalog(Rows& rows);
// Makes the SQLite tables, too, and gives the table its id.
[[nodiscard]] Status insert_table(Rows& rows, Table& table);
[[nodiscard]] Status replace_definition(Rows& rows, const Table& table);
[[nodiscard]] Status drop_table(Rows& rows, const Table& table);
// Makes the SQLite table of an index and fills it from the items.
[[nodiscard]] Status fill_index(Rows& rows, const Table& table, const Index& index);
// Sets when items expire by the table's attribute (or never, without one).
[[nodiscard]] Status fill_ttl(Rows& rows, const Table& table);
[[nodiscard]] Outcome<TableCounts> read_counts(Rows& rows, const Table& table);
[[nodiscard]] Status add_counts(Rows& rows, std::int64_t table_id, const TableCounts& change);

// The digest of the request that a transaction's token was used for since `since_ms`.
[[nodiscard]] Outcome<std::optional<std::string>> find_token(Rows& rows, const std::string& token,
                                                             std::int64_t since_ms);
// Keeps a token, and forgets those from before `since_ms`.
[[nodiscard]] Status keep_token(Rows& rows, const std::string& token, const std::string& digest,
                                std::int64_t now_ms, std::int64_t since_ms);

// When the item expires: its number in the table's attribute, in seconds since the epoch.
std::optional<std::int64_t> ttl_of(const Table& table, const Item& item);

}  // namespace eventsd::data::dynamodb
