// The logger of this folder.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>

namespace eventsd::data::dynamodb {

// The application's logger named "data", or the default one when there is none.
inline std::shared_ptr<spdlog::logger> logger() {
  std::shared_ptr<spdlog::logger> named = spdlog::get("data");
  return named ? named : spdlog::default_logger();
}

}  // namespace eventsd::data::dynamodb
