#include "store/open_database.hpp"

#include "store/migrations.hpp"

namespace eventsd::store {

namespace {

// secure_delete FAST: what is removed is overwritten where that costs no extra write.
// journal_size_limit: after a burst the log shrinks to 16 MiB again, but is not truncated each time
// (blocks it already has need no space on a full disk).
constexpr const char* kSettings =
    "PRAGMA secure_delete=FAST;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-16384;"
    "PRAGMA journal_size_limit=16777216;"
    "PRAGMA wal_autocheckpoint=0;";
constexpr const char* kUseWal = "PRAGMA journal_mode=WAL";
constexpr const char* kCheckAll = "PRAGMA quick_check(1)";
constexpr const char* kCheckNamespaces = "PRAGMA quick_check('namespace')";
constexpr const char* kFileBytes =
    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";

// About 100 ms of checking on a cold disk.
constexpr std::int64_t kMaxCheckedBytes = 32 << 20;

SqlStatus look_for_damage(Connection& connection) {
  const SqlResult<std::int64_t> bytes = connection.query_integer(kFileBytes);
  if (!bytes) return bytes.error();
  SqlResult<std::optional<std::string>> verdict =
      connection.query_text(*bytes <= kMaxCheckedBytes ? kCheckAll : kCheckNamespaces);
  if (!verdict) return verdict.error();
  const std::string text = verdict->value_or("no answer");
  if (text != "ok") return SqlError{0, 0, "the file is damaged: " + text};
  return {};
}

}  // namespace

SqlResult<Connection> open_database(const std::string& path, const std::string& vfs,
                                    const std::string& synchronous) {
  SqlResult<Connection> opened = Connection::open(path, vfs, OpenMode::read_write);
  if (!opened) return opened.error();
  Connection connection = std::move(*opened);
  SqlStatus done = connection.execute(std::string(kSettings) + "PRAGMA synchronous=" + synchronous);
  if (!done) return done.error();
  const SqlResult<std::optional<std::string>> mode = connection.query_text(kUseWal);
  if (!mode) return mode.error();
  if (*mode != "wal") return SqlError{0, 0, "the file system cannot hold a write-ahead log"};
  done = migrate(connection, migrations());
  if (!done) return done.error();
  done = look_for_damage(connection);
  if (!done) return done.error();
  connection.watch_wal();
  return connection;
}

}  // namespace eventsd::store
