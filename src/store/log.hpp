// The logger of this folder.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>

namespace eventsd::store {

// The application's logger named "store", or the default one when there is none.
inline std::shared_ptr<spdlog::logger> logger() {
  std::shared_ptr<spdlog::logger> named = spdlog::get("store");
  return named ? named : spdlog::default_logger();
}

}  // namespace eventsd::store
