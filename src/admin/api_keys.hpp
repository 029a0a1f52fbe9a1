// The control plane's API-key operations: /v1/apis/{apiId}/apikeys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admin/guard.hpp"
#include "eventsd/result.hpp"
#include "server/http_router.hpp"

namespace eventsd::admin {

struct ApiKeyRecord {
  std::string id;
  std::string description;
  std::optional<std::int64_t> expires;  // seconds since the epoch; absent: never
};

// Where keys live. Keys that the configuration file defines can be seen, not changed.
//   errors   not_found, conflict (names file and line), bad_request, internal
//   thread   control
class ApiKeyDirectory {
 public:
  virtual ~ApiKeyDirectory() = default;
  virtual Result<std::vector<ApiKeyRecord>> list(const std::string& api_id) const = 0;
  virtual Result<ApiKeyRecord> create(const std::string& api_id, std::string description,
                                      std::int64_t expires) = 0;
  virtual Result<ApiKeyRecord> update(const std::string& api_id, const std::string& id,
                                      std::optional<std::string> description,
                                      std::optional<std::int64_t> expires) = 0;
  virtual Result<void> remove(const std::string& api_id, const std::string& id) = 0;
};

// Keys that an API may have, the file's included.
inline constexpr std::size_t kMaxApiKeys = 50;

//   source   PROTOCOL.md A-6; AWS's REST shapes
std::vector<server::Route> api_key_routes(ApiKeyDirectory& directory, const OperationGuard& guard,
                                          std::int64_t (*now)());

}  // namespace eventsd::admin
