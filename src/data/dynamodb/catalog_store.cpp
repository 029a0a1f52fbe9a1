#include "data/dynamodb/catalog_store.hpp"

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb {

namespace {

using store::Connection;
using store::SqlError;
using store::SqlResult;
using store::SqlStatus;
using store::Statement;

constexpr std::int64_t kApplicationId = 0x65766462;  // "evdb"
constexpr std::int64_t kFormat = 1;

constexpr const char* kSettings =
    "PRAGMA page_size=8192;"
    "PRAGMA secure_delete=FAST;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-32768;"
    "PRAGMA journal_size_limit=16777216;"
    "PRAGMA wal_autocheckpoint=2000;";

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS catalog (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL,"
    " items INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS token (token TEXT PRIMARY KEY, digest BLOB NOT NULL,"
    " used_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS token_by_time ON token (used_ms);"
    "PRAGMA application_id=1702257762;"
    "PRAGMA user_version=1;"
    "COMMIT;";
static_assert(kApplicationId == 1702257762);

// Runs a statement that changes one thing.
template <typename Bind>
Status change(Rows& rows, const char* sql, Bind bind) {
  SqlResult<Statement> statement = rows.connection().prepare(sql);
  if (!statement) return rows.failure(statement.error());
  bind(*statement);
  const SqlStatus done = statement->run();
  if (!done) return rows.failure(done.error());
  return {};
}

Status run(Rows& rows, const std::string& sql) {
  const SqlStatus done = rows.connection().execute(sql);
  if (!done) return rows.failure(done.error());
  return {};
}

std::string ttl_index(const Table& table) { return row_table(table.id) + "_ttl"; }

Status create_index_table(Rows& rows, const Table& table, const Index& index) {
  return run(rows, "CREATE TABLE " + index_table(table.id, index.id) +
                       " (key BLOB PRIMARY KEY, base BLOB NOT NULL) WITHOUT ROWID");
}

}  // namespace

SqlResult<Connection> open_for_writing(const std::string& path, const std::string& synchronous) {
  SqlResult<Connection> opened = Connection::open(path, "", store::OpenMode::read_write);
  if (!opened) return opened.error();
  Connection connection = std::move(*opened);
  SqlStatus done = connection.execute(kSettings + ("PRAGMA synchronous=" + synchronous));
  if (!done) return done.error();
  const SqlResult<std::optional<std::string>> mode =
      connection.query_text("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  if (*mode != "wal") return SqlError{0, 0, "the file system cannot hold a write-ahead log"};
  const SqlResult<std::int64_t> application = connection.query_integer("PRAGMA application_id");
  if (!application) return application.error();
  const SqlResult<std::int64_t> format = connection.query_integer("PRAGMA user_version");
  if (!format) return format.error();
  if (*application != 0 && *application != kApplicationId) {
    return SqlError{0, 0, "the file belongs to another application"};
  }
  if (*format > kFormat) {
    return SqlError{0, 0, "the file was written by a newer version of eventsd"};
  }
  done = connection.execute(kSchema);
  if (!done) return done.error();
  return connection;
}

SqlResult<Connection> open_for_reading(const std::string& path) {
  SqlResult<Connection> opened = Connection::open(path, "", store::OpenMode::read_only);
  if (!opened) return opened.error();
  Connection connection = std::move(*opened);
  const SqlStatus done = connection.execute("PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;");
  if (!done) return done.error();
  return connection;
}

Outcome<Catalog> load_catalog(Rows& rows) {
  SqlResult<Statement> select =
      rows.connection().prepare("SELECT id, definition FROM catalog ORDER BY id");
  if (!select) return rows.failure(select.error());
  Catalog catalog;
  while (true) {
    const SqlResult<bool> row = select->step();
    if (!row) return rows.failure(row.error());
    if (!*row) return catalog;
    auto table =
        std::make_shared<const Table>(parse_stored_table(select->integer(0), select->bytes(1)));
    catalog.emplace(table->name, table);
  }
}

Status insert_table(Rows& rows, Table& table) {
  Status status = change(rows, "INSERT INTO catalog (name, definition) VALUES (?1, '{}')",
                         [&](Statement& insert) { insert.bind_text(1, table.name); });
  if (!status) return status;
  table.id = rows.connection().last_insert_rowid();
  status = run(rows, "CREATE TABLE " + row_table(table.id) +
                         " (key BLOB PRIMARY KEY, item TEXT NOT NULL, size INTEGER NOT NULL,"
                         " ttl INTEGER) WITHOUT ROWID");
  for (const Index& index : table.indexes) {
    if (status) status = create_index_table(rows, table, index);
  }
  if (status) status = fill_ttl(rows, table);
  if (status) status = replace_definition(rows, table);
  return status;
}

Status replace_definition(Rows& rows, const Table& table) {
  const std::string definition = stored_table(table);
  return change(rows, "UPDATE catalog SET definition = ?1 WHERE id = ?2",
                [&](Statement& update) { update.bind_text(1, definition).bind(2, table.id); });
}

Status drop_table(Rows& rows, const Table& table) {
  rows.forget(table.id);
  Status status = run(rows, "DROP TABLE " + row_table(table.id));
  for (const Index& index : table.indexes) {
    if (status) status = run(rows, "DROP TABLE " + index_table(table.id, index.id));
  }
  if (!status) return status;
  return change(rows, "DELETE FROM catalog WHERE id = ?1",
                [&](Statement& erase) { erase.bind(1, table.id); });
}

Status fill_index(Rows& rows, const Table& table, const Index& index) {
  Status status = create_index_table(rows, table, index);
  if (!status) return status;
  Status filled;
  status = rows.scan({.table = table, .rows = {}}, [&](std::string_view text, std::size_t) {
    const Item item = parse_stored_item(text);
    const std::string base = row_key(table.key, item);
    const auto fits = [&](const KeyAttribute& attribute) {
      const auto found = item.find(attribute.name);
      return found != item.end() && found->second.type() == attribute.type;
    };
    // Items from before the index may hold anything there; those of other types are left out.
    if (!fits(index.key.hash) || (index.key.range && !fits(*index.key.range))) return true;
    filled = rows.put_pointer(table, index, *index_row_key(index, item, base), base);
    return filled.has_value();
  });
  return status ? filled : status;
}

Status fill_ttl(Rows& rows, const Table& table) {
  Status status = run(rows, "DROP INDEX IF EXISTS " + ttl_index(table));
  if (status) {
    status = run(rows, "UPDATE " + row_table(table.id) + " SET ttl = NULL WHERE ttl IS NOT NULL");
  }
  if (!status || !table.ttl_attribute) return status;
  SqlResult<Statement> update = rows.connection().prepare(
      ("UPDATE " + row_table(table.id) + " SET ttl = ?2 WHERE key = ?1").c_str());
  if (!update) return rows.failure(update.error());
  Status filled;
  status = rows.scan({.table = table, .rows = {}}, [&](std::string_view text, std::size_t) {
    const Item item = parse_stored_item(text);
    const std::optional<std::int64_t> ttl = ttl_of(table, item);
    if (!ttl) return true;
    const std::string key = row_key(table.key, item);
    const SqlStatus done = update->bind_blob(1, key).bind(2, *ttl).run();
    if (!done) filled = rows.failure(done.error());
    return filled.has_value();
  });
  if (!status) return status;
  if (!filled) return filled;
  return run(rows, "CREATE INDEX " + ttl_index(table) + " ON " + row_table(table.id) +
                       " (ttl) WHERE ttl IS NOT NULL");
}

Outcome<TableCounts> read_counts(Rows& rows, const Table& table) {
  SqlResult<Statement> select =
      rows.connection().prepare("SELECT items, bytes FROM catalog WHERE id = ?1");
  if (!select) return rows.failure(select.error());
  const SqlResult<bool> row = select->bind(1, table.id).step();
  if (!row) return rows.failure(row.error());
  if (!*row) return TableCounts{};
  return TableCounts{.items = select->integer(0), .bytes = select->integer(1)};
}

Status add_counts(Rows& rows, std::int64_t table_id, const TableCounts& added) {
  return change(rows, "UPDATE catalog SET items = items + ?1, bytes = bytes + ?2 WHERE id = ?3",
                [&](Statement& update) {
                  update.bind(1, added.items).bind(2, added.bytes).bind(3, table_id);
                });
}

Outcome<std::optional<std::string>> find_token(Rows& rows, const std::string& token,
                                               std::int64_t since_ms) {
  SqlResult<Statement> select =
      rows.connection().prepare("SELECT digest FROM token WHERE token = ?1 AND used_ms >= ?2");
  if (!select) return rows.failure(select.error());
  const SqlResult<bool> row = select->bind_text(1, token).bind(2, since_ms).step();
  if (!row) return rows.failure(row.error());
  if (!*row) return std::optional<std::string>();
  return std::optional<std::string>(select->bytes(0));
}

Status keep_token(Rows& rows, const std::string& token, const std::string& digest,
                  std::int64_t now_ms, std::int64_t since_ms) {
  const Status status =
      change(rows, "DELETE FROM token WHERE used_ms < ?1 OR token = ?2",
             [&](Statement& erase) { erase.bind(1, since_ms).bind_text(2, token); });
  if (!status) return status;
  return change(
      rows, "INSERT INTO token (token, digest, used_ms) VALUES (?1, ?2, ?3)",
      [&](Statement& insert) { insert.bind_text(1, token).bind_blob(2, digest).bind(3, now_ms); });
}

std::optional<std::int64_t> ttl_of(const Table& table, const Item& item) {
  if (!table.ttl_attribute) return std::nullopt;
  const auto found = item.find(*table.ttl_attribute);
  if (found == item.end()) return std::nullopt;
  const Decimal* seconds = found->second.get<Decimal>();
  if (seconds == nullptr) return std::nullopt;
  const std::int64_t whole = seconds->whole();
  return whole >= 0 ? std::optional<std::int64_t>(whole) : std::nullopt;
}

}  // namespace eventsd::data::dynamodb
