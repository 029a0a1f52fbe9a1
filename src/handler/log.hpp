// The logger of this folder.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>

namespace eventsd::handler {

// The application's logger named "handler", or the default one when there is none.
inline std::shared_ptr<spdlog::logger> logger() {
  std::shared_ptr<spdlog::logger> named = spdlog::get("handler");
  return named ? named : spdlog::default_logger();
}

}  // namespace eventsd::handler
