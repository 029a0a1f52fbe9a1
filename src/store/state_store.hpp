// What the running daemon itself has made: API ids and API keys (dataDir/state.db).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::store {

struct StoredApiKey {
  std::string api_id;
  std::string id;  // the key itself
  std::string description;
  std::int64_t created = 0;             // seconds since the epoch
  std::optional<std::int64_t> expires;  // the same; absent: never
};

// Small and synchronous: for the control thread and for the CLI with --offline. One process at a
// time (the lock on dataDir sees to it).
//   errors   internal, with the text of what is wrong and the file's name
class StateStore {
 public:
  virtual ~StateStore() = default;

  // The id stored for an API of that name, if any.
  virtual Result<std::optional<std::string>> api_id(std::string_view name) = 0;
  virtual Result<void> put_api_id(std::string_view name, std::string_view id) = 0;
  virtual Result<std::vector<std::string>> api_ids() = 0;

  virtual Result<std::vector<StoredApiKey>> api_keys() = 0;
  virtual Result<void> put_api_key(const StoredApiKey& key) = 0;  // inserts or replaces
  virtual Result<bool> delete_api_key(std::string_view api_id, std::string_view id) = 0;
};

// Opens or creates the file, and migrates it.
Result<std::unique_ptr<StateStore>> open_state_store(const std::string& path);

}  // namespace eventsd::store
