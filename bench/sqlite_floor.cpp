// The floor of durable history: a plain SQLite program that commits the rows an event needs, in
// groups as large as eventsd's, with synchronous=FULL in WAL mode. No network, no threads, no
// retention.
//
// Usage: eventsd_sqlite_floor DIRECTORY [--rows N] [--group N] [--event-size BYTES]; prints JSON.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
    throw std::runtime_error(sqlite3_errmsg(database));
  }
}

void execute(sqlite3* database, const char* sql) {
  check(database, sqlite3_exec(database, sql, nullptr, nullptr, nullptr));
}

// The columns of eventsd's own event table, and its index.
constexpr const char* kSchema =
    "CREATE TABLE event (key INTEGER PRIMARY KEY, channel_id INTEGER NOT NULL,"
    " timestamp_ms INTEGER NOT NULL, id TEXT NOT NULL, payload BLOB NOT NULL);"
    "CREATE INDEX event_by_channel ON event (channel_id);";

void run(const std::string& directory, long rows, long group, std::size_t event_size) {
  sqlite3* database = nullptr;
  check(database, sqlite3_open((directory + "/floor.db").c_str(), &database));
  execute(database, "PRAGMA journal_mode=WAL");
  execute(database, "PRAGMA synchronous=FULL");
  execute(database, kSchema);
  sqlite3_stmt* insert = nullptr;
  check(database, sqlite3_prepare_v2(database,
                                     "INSERT INTO event (channel_id, timestamp_ms, id, payload)"
                                     " VALUES (1, ?1, ?2, ?3)",
                                     -1, &insert, nullptr));
  const std::string payload = "{\"text\":\"" + std::string(event_size - 11, 'x') + "\"}";
  // The first tenth is not measured: the files' creation and first sync cost what no later one
  // does.
  const long warm_up = rows / 10 / group * group;
  auto start = std::chrono::steady_clock::now();
  for (long row = 0; row < rows + warm_up;) {
    if (row == warm_up) start = std::chrono::steady_clock::now();
    execute(database, "BEGIN IMMEDIATE");
    for (const long end = row + group; row < end; ++row) {
      char id[40];
      snprintf(id, sizeof id, "00000000-0000-4000-8000-%012ld", row);
      check(database, sqlite3_bind_int64(insert, 1, 1'700'000'000'000 + row));
      check(database, sqlite3_bind_text(insert, 2, id, 36, SQLITE_STATIC));
      check(database, sqlite3_bind_blob(insert, 3, payload.data(), static_cast<int>(payload.size()),
                                        SQLITE_STATIC));
      check(database, sqlite3_step(insert));
      check(database, sqlite3_reset(insert));
    }
    execute(database, "COMMIT");
  }
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  printf("{\"rows\":%ld,\"group\":%ld,\"rows_per_second\":%.1f}\n", rows, group,
         static_cast<double>(rows) / wall);
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fputs("usage: eventsd_sqlite_floor DIRECTORY [--rows N] [--group N] [--event-size BYTES]\n",
          stderr);
    return 2;
  }
  long rows = 20'000, group = 64, event_size = 100;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--rows") rows = std::atol(argv[i + 1]);
    if (option == "--group") group = std::atol(argv[i + 1]);
    if (option == "--event-size") event_size = std::atol(argv[i + 1]);
  }
  if (rows < 1 || group < 1 || event_size < 11) {
    fputs("eventsd_sqlite_floor: --rows and --group from 1, --event-size from 11\n", stderr);
    return 2;
  }
  try {
    run(argv[1], rows, group, static_cast<std::size_t>(event_size));
  } catch (const std::exception& error) {
    fprintf(stderr, "eventsd_sqlite_floor: %s\n", error.what());
    return 1;
  }
}
