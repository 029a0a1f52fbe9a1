// The certificate in force, and noticing that it has changed.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "eventsd/config.hpp"
#include "net/tls_context.hpp"

namespace eventsd::app {

//   thread   control
class TlsMaterial {
 public:
  explicit TlsMaterial(std::string data_dir) : data_dir_(std::move(data_dir)) {}

  // Loads what `config` names (null context without TLS). On failure the old material stays.
  Result<void> load(const TlsConfig& config);
  // True when the files have changed or the self-signed pair is due, and the new ones were loaded.
  Result<bool> refresh();

  const net::TlsContextPtr& context() const { return context_; }

 private:
  std::string data_dir_;
  TlsConfig config_;  // as configured
  TlsConfig files_;   // with the paths in use
  net::TlsFilesStamp stamp_;
  net::TlsContextPtr context_;
};

}  // namespace eventsd::app
