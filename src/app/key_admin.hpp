// API keys as an operator sees them, through a running daemon or in a data directory.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::app {

struct ApiKeyRecord {
  std::string id;  // the key itself
  std::string description;
  std::optional<std::chrono::system_clock::time_point> expires;
};

// Blocks; for the command line only.
class KeyAdmin {
 public:
  virtual ~KeyAdmin() = default;

  // Without `expires`: the control plane's default.
  virtual Result<ApiKeyRecord> create(
      const std::string& description,
      std::optional<std::chrono::system_clock::time_point> expires) = 0;

  virtual Result<std::vector<ApiKeyRecord>> list() = 0;

  //   errors   not_found; conflict: the configuration file defines the key
  virtual Result<void> remove(const std::string& id) = 0;
};

struct HttpKeyAdminOptions {
  std::string admin_url;  // "http://127.0.0.1:9464"
  std::string token;      // the admin token
  std::string api_id;     // empty: the first API
  std::string ca_file;
};

// Speaks to the control plane of the running daemon (PROTOCOL.md, "Control plane").
//   errors   bad_request: the URL; those of net::http_request(); unauthorized; not_found: no API
Result<std::unique_ptr<KeyAdmin>> make_http_key_admin(const HttpKeyAdminOptions& options);

// Opens the state of a data directory that no daemon uses.
//   errors   conflict: a daemon holds it; internal: names the file and the reason
Result<std::unique_ptr<KeyAdmin>> open_offline_key_admin(const std::string& data_dir,
                                                         const std::string& api_id);

}  // namespace eventsd::app
