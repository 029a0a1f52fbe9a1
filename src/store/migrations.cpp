#include "store/migrations.hpp"

#include <array>

namespace eventsd::store {

namespace {

// Why an event row is as it is: `key` is the rowid, so a row costs one B-tree entry and the channel
// index holds the key for free; `payload` is a BLOB and last, so its length is read from the row's
// header and scans never touch its overflow pages.
constexpr const char* kCreateTables = R"sql(
CREATE TABLE namespace (
  id INTEGER PRIMARY KEY,
  api_id TEXT NOT NULL,
  name TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  head INTEGER NOT NULL DEFAULT 0,
  removed_through INTEGER NOT NULL DEFAULT 0,
  folded_through INTEGER NOT NULL DEFAULT 0,
  events INTEGER NOT NULL DEFAULT 0,
  channels INTEGER NOT NULL DEFAULT 0,
  payload_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (api_id, name)
);
CREATE TABLE channel (
  id INTEGER PRIMARY KEY,
  namespace_id INTEGER NOT NULL,
  path TEXT NOT NULL,
  events INTEGER NOT NULL DEFAULT 0,
  removed_through INTEGER NOT NULL DEFAULT 0,
  UNIQUE (namespace_id, path)
);
CREATE TABLE event (
  key INTEGER PRIMARY KEY,
  channel_id INTEGER NOT NULL,
  timestamp_ms INTEGER NOT NULL,
  id TEXT NOT NULL,
  payload BLOB NOT NULL
);
CREATE INDEX event_by_channel ON event (channel_id);
)sql";

// A namespace's `head` is from now on the last position that is counted and listed; what follows it
// in `event` is counted and listed a thousand at a time (docs/STORE.md, "The tail"). The old index
// is read in the new table's order, so nothing is sorted.
constexpr const char* kListChannelsApart = R"sql(
CREATE TABLE channel_event (
  channel_id INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (channel_id, key)
) WITHOUT ROWID;
INSERT INTO channel_event (channel_id, key)
  SELECT channel_id, key FROM event INDEXED BY event_by_channel ORDER BY channel_id, key;
DROP INDEX event_by_channel;
)sql";

constexpr std::array kMigrations = {
    Migration{1, kCreateTables},
    Migration{2, kListChannelsApart},
};

constexpr const char* kHasTables = "SELECT count(*) FROM sqlite_schema";

SqlStatus run_step(Connection& connection, const Migration& step) {
  const std::string version = std::to_string(step.version);
  const std::string application = std::to_string(kApplicationId);
  const std::string script = "BEGIN IMMEDIATE;" + std::string(step.sql) +
                             "PRAGMA application_id=" + application +
                             ";PRAGMA user_version=" + version + ";COMMIT";
  SqlStatus done = connection.execute(script);
  if (!done && connection.in_transaction()) {
    (void)connection.execute("ROLLBACK");  // the first failure is the one to tell
  }
  return done;
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

SqlStatus migrate(Connection& connection, std::span<const Migration> steps) {
  const SqlResult<std::int64_t> application = connection.query_integer("PRAGMA application_id");
  if (!application) return application.error();
  const SqlResult<std::int64_t> version = connection.query_integer("PRAGMA user_version");
  if (!version) return version.error();
  const SqlResult<std::int64_t> tables = connection.query_integer(kHasTables);
  if (!tables) return tables.error();

  const bool empty = *application == 0 && *version == 0 && *tables == 0;
  if (!empty && *application != kApplicationId) {
    return SqlError{0, 0, "the file is not an eventsd event history"};
  }
  if (*version > steps.back().version) {
    return SqlError{0, 0,
                    "the file has format " + std::to_string(*version) +
                        ", this version of eventsd knows up to " +
                        std::to_string(steps.back().version) + "; run the newer version"};
  }
  for (const Migration& step : steps) {
    if (step.version <= *version) continue;
    SqlStatus done = run_step(connection, step);
    if (!done) return done;
  }
  return {};
}

}  // namespace eventsd::store
