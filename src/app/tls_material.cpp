#include "app/tls_material.hpp"

#include "net/self_signed.hpp"

namespace eventsd::app {

Result<void> TlsMaterial::load(const TlsConfig& config) {
  TlsConfig files = config;
  if (config.self_signed) {
    const auto made = net::prepare_self_signed(config, data_dir_);
    if (!made) return made.error();
    files = *made;
  }
  net::TlsContextPtr context;
  net::TlsFilesStamp stamp;
  if (config.enabled()) {
    stamp = net::stamp(files);
    const auto loaded = net::load_tls_context(files);
    if (!loaded) return loaded.error();
    context = *loaded;
  }
  config_ = config;
  files_ = std::move(files);
  stamp_ = stamp;
  context_ = std::move(context);
  return {};
}

Result<bool> TlsMaterial::refresh() {
  if (!config_.enabled()) return false;
  if (config_.self_signed) {
    const auto made = net::prepare_self_signed(config_, data_dir_);
    if (!made) return made.error();
  }
  const net::TlsFilesStamp now = net::stamp(files_);
  if (now == stamp_) return false;
  stamp_ = now;  // a faulty file is reported once, not at each look
  const auto loaded = net::load_tls_context(files_);
  if (!loaded) return loaded.error();
  context_ = *loaded;
  return true;
}

}  // namespace eventsd::app
