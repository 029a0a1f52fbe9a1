#include "store/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>

namespace eventsd::store {

namespace {

// Longest wait for a lock that another process (a backup, a shell) holds.
constexpr int kBusyTimeoutMs = 2'000;

SqlError error_of(sqlite3* connection, int code) {
  if (connection == nullptr) return {code, 0, sqlite3_errstr(code)};
  return {code, sqlite3_system_errno(connection), sqlite3_errmsg(connection)};
}

// SQLite takes a null pointer for NULL; an empty view is an empty value.
const char* not_null(std::string_view view) { return view.data() != nullptr ? view.data() : ""; }

int record_wal_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<std::uint32_t*>(pages) = static_cast<std::uint32_t>(count);
  return SQLITE_OK;
}

}  // namespace

Trouble trouble_of(const SqlError& error) {
  switch (error.code & 0xff) {
    case SQLITE_FULL:
      return Trouble::full;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::busy;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
      // A sync that fails leaves it unknown what reached the disk, whatever the reason it gives.
      const bool sync = error.code == SQLITE_IOERR_FSYNC || error.code == SQLITE_IOERR_DIR_FSYNC;
      const bool no_space = error.system_errno == ENOSPC || error.system_errno == EDQUOT;
      return no_space && !sync ? Trouble::full : Trouble::fatal;
    }
    default:
      return Trouble::fatal;
  }
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
  return *this;
}

Statement& Statement::bind_text(int index, std::string_view text) {
  sqlite3_bind_text(handle_.get(), index, not_null(text), static_cast<int>(text.size()),
                    SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob(handle_.get(), index, not_null(bytes), static_cast<int>(bytes.size()),
                    SQLITE_STATIC);
  return *this;
}

SqlStatus Statement::run() {
  const SqlResult<bool> stepped = step();
  reset();
  if (!stepped) return stepped.error();
  return {};
}

SqlResult<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* connection = sqlite3_db_handle(handle_.get());
  return error_of(connection, sqlite3_extended_errcode(connection));
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void Connection::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Connection::Connection(sqlite3* handle)
    : handle_(handle), wal_pages_(std::make_unique<std::uint32_t>(0)) {}

SqlResult<Connection> Connection::open(const std::string& path, const std::string& vfs,
                                       OpenMode mode) {
  const int access = mode == OpenMode::read_only ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX,
                                   vfs.empty() ? nullptr : vfs.c_str());
  Connection connection(handle);
  if (code != SQLITE_OK) return error_of(handle, code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return connection;
}

SqlStatus Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

SqlResult<Statement> Connection::prepare(const char* sql) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return error(code);
  Statement statement;
  statement.handle_.reset(handle);
  return statement;
}

SqlResult<std::optional<std::string>> Connection::query_text(const char* sql) {
  SqlResult<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const SqlResult<bool> row = statement->step();
  if (!row) return row.error();
  if (!*row) return std::optional<std::string>();
  return std::optional<std::string>(std::string(statement->bytes(0)));
}

SqlResult<std::int64_t> Connection::query_integer(const char* sql) {
  SqlResult<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const SqlResult<bool> row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

std::int64_t Connection::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void Connection::watch_wal() {
  sqlite3_wal_hook(handle_.get(), record_wal_pages, wal_pages_.get());
}

SqlStatus Connection::checkpoint(Checkpoint kind) {
  const int mode = kind == Checkpoint::passive   ? SQLITE_CHECKPOINT_PASSIVE
                   : kind == Checkpoint::restart ? SQLITE_CHECKPOINT_RESTART
                                                 : SQLITE_CHECKPOINT_TRUNCATE;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return {};
  return error(code);
}

SqlError Connection::error(int code) const { return error_of(handle_.get(), code); }

}  // namespace eventsd::store
