#include "store/state_store.hpp"

#include <fmt/format.h>

#include "store/sqlite.hpp"

namespace eventsd::store {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr const char* kCreate = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  BEGIN;
  CREATE TABLE IF NOT EXISTS apis(name TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS api_keys(
    api_id TEXT NOT NULL,
    id TEXT NOT NULL,
    description TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,  -- 0: never
    PRIMARY KEY (api_id, id)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
  COMMIT;
)";

class SqliteStateStore final : public StateStore {
 public:
  SqliteStateStore(Connection connection, std::string path)
      : connection_(std::move(connection)), path_(std::move(path)) {}

  Result<std::optional<std::string>> api_id(std::string_view name) override {
    auto statement = connection_.prepare("SELECT id FROM apis WHERE name = ?1");
    if (!statement) return failure(statement.error());
    statement->bind_text(1, name);
    const auto row = statement->step();
    if (!row) return failure(row.error());
    std::optional<std::string> id;
    if (*row) id = statement->bytes(0);
    return id;
  }

  Result<void> put_api_id(std::string_view name, std::string_view id) override {
    auto statement = connection_.prepare("INSERT OR REPLACE INTO apis(name, id) VALUES(?1, ?2)");
    if (!statement) return failure(statement.error());
    return outcome(statement->bind_text(1, name).bind_text(2, id).run());
  }

  Result<std::vector<std::string>> api_ids() override {
    auto statement = connection_.prepare("SELECT id FROM apis ORDER BY rowid");
    if (!statement) return failure(statement.error());
    std::vector<std::string> ids;
    for (;;) {
      const auto row = statement->step();
      if (!row) return failure(row.error());
      if (!*row) return ids;
      ids.emplace_back(statement->bytes(0));
    }
  }

  Result<std::vector<StoredApiKey>> api_keys() override {
    auto statement = connection_.prepare(
        "SELECT api_id, id, description, created, expires FROM api_keys ORDER BY created, id");
    if (!statement) return failure(statement.error());
    std::vector<StoredApiKey> keys;
    for (;;) {
      const auto row = statement->step();
      if (!row) return failure(row.error());
      if (!*row) return keys;
      StoredApiKey key;
      key.api_id = statement->bytes(0);
      key.id = statement->bytes(1);
      key.description = statement->bytes(2);
      key.created = statement->integer(3);
      if (statement->integer(4) != 0) key.expires = statement->integer(4);
      keys.push_back(std::move(key));
    }
  }

  Result<void> put_api_key(const StoredApiKey& key) override {
    auto statement = connection_.prepare(
        "INSERT OR REPLACE INTO api_keys(api_id, id, description, created, expires) "
        "VALUES(?1, ?2, ?3, ?4, ?5)");
    if (!statement) return failure(statement.error());
    return outcome(statement->bind_text(1, key.api_id)
                       .bind_text(2, key.id)
                       .bind_text(3, key.description)
                       .bind(4, key.created)
                       .bind(5, key.expires.value_or(0))
                       .run());
  }

  Result<bool> delete_api_key(std::string_view api_id, std::string_view id) override {
    auto statement =
        connection_.prepare("DELETE FROM api_keys WHERE api_id = ?1 AND id = ?2 RETURNING id");
    if (!statement) return failure(statement.error());
    const auto row = statement->bind_text(1, api_id).bind_text(2, id).step();
    if (!row) return failure(row.error());
    return *row;
  }

 private:
  Error failure(const SqlError& error) const {
    return fail(ErrorKind::internal, fmt::format("{}: {}", path_, error.message));
  }
  Result<void> outcome(const SqlStatus& status) const {
    if (!status) return failure(status.error());
    return {};
  }

  Connection connection_;
  const std::string path_;
};

}  // namespace

Result<std::unique_ptr<StateStore>> open_state_store(const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorKind::internal,
                fmt::format("{}: {} (restore the file from a backup, or move it away to begin anew "
                            "with a new API id and key)",
                            path, why));
  };
  auto connection = Connection::open(path, "", OpenMode::read_write);
  if (!connection) return refuse(connection.error().message);
  const auto version = connection->query_integer("PRAGMA user_version");
  if (!version) return refuse(version.error().message);
  if (*version > kVersion) {
    return fail(ErrorKind::internal,
                fmt::format("{}: made by a newer version of eventsd (schema {})", path, *version));
  }
  const auto created = connection->execute(kCreate);
  if (!created) return refuse(created.error().message);
  return std::unique_ptr<StateStore>(
      std::make_unique<SqliteStateStore>(std::move(*connection), path));
}

}  // namespace eventsd::store
