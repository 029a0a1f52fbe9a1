// A thin owner of SQLite connections and statements: failures are values with extended codes.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace eventsd::store {

// Not an aggregate: result<T> would then take any number for an error.
struct SqlError {
  SqlError() = default;
  SqlError(int sqlite_code, int errno_value, std::string text)
      : code(sqlite_code), system_errno(errno_value), message(std::move(text)) {}

  int code = 0;          // SQLite's extended result code; 0: not from SQLite
  int system_errno = 0;  // of the last system call that failed, 0 when unknown
  std::string message;   // for operators
};

template <typename T>
using SqlResult = boost::system::result<T, SqlError>;
using SqlStatus = SqlResult<void>;

// What a failure means for the database.
enum class Trouble : std::uint8_t {
  busy,   // another process holds the lock; nothing was changed
  full,   // no space; nothing was changed, retryable once there is space
  fatal,  // damaged, unreadable, or the outcome is in doubt
};

// The one table from SQLite's codes to what the store does about them.
Trouble trouble_of(const SqlError& error);

// A prepared statement. Parameters and columns count from 1 and from 0, as in SQLite.
// Bound text is not copied: it must live until run() or reset().
//   thread   the connection's
class Statement {
 public:
  Statement() = default;

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::uint64_t value) {
    return bind(index, static_cast<std::int64_t>(value));
  }
  Statement& bind_text(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);

  // Runs a statement without rows to its end and resets it, also on failure.
  [[nodiscard]] SqlStatus run();
  // True when there is a row. The statement needs reset() after the last one that was looked at.
  [[nodiscard]] SqlResult<bool> step();
  void reset();

  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  // Valid until the next step() or reset().
  std::string_view bytes(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// Resets a statement at the end of a scope, so that no read snapshot outlives its use.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

enum class OpenMode : std::uint8_t { read_write, read_only };
enum class Checkpoint : std::uint8_t { passive, restart, truncate };

// One database connection, used by one thread at a time.
class Connection {
 public:
  // Opens (read_write: or creates) the file. `vfs` empty: SQLite's default.
  [[nodiscard]] static SqlResult<Connection> open(const std::string& path, const std::string& vfs,
                                                  OpenMode mode);

  // Runs SQL text without results.
  [[nodiscard]] SqlStatus execute(const char* sql);
  [[nodiscard]] SqlStatus execute(const std::string& sql) { return execute(sql.c_str()); }
  [[nodiscard]] SqlResult<Statement> prepare(const char* sql);
  // First column of the first row, or absent when there is no row.
  [[nodiscard]] SqlResult<std::optional<std::string>> query_text(const char* sql);
  [[nodiscard]] SqlResult<std::int64_t> query_integer(const char* sql);

  std::int64_t last_insert_rowid() const;
  bool in_transaction() const;

  // From now on wal_pages() is the length of the write-ahead log after each commit, and SQLite
  // never checkpoints by itself.
  void watch_wal();
  std::uint32_t wal_pages() const { return *wal_pages_; }
  // Moves the log into the database. Busy readers are no failure: what can be moved, is.
  [[nodiscard]] SqlStatus checkpoint(Checkpoint kind);

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Connection(sqlite3* handle);
  SqlError error(int code) const;

  std::unique_ptr<sqlite3, Close> handle_;
  std::unique_ptr<std::uint32_t> wal_pages_;  // its address is known to SQLite, so it never moves
};

}  // namespace eventsd::store
