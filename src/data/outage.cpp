#include "data/outage.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace eventsd::data {

void Outage::failed(std::string_view reason) {
  const bool is_first = !std::exchange(failing_, true);
  spdlog::log(is_first ? spdlog::level::warn : spdlog::level::debug,
              "a data source fails source={} err=\"{}\"", source_, reason);
}

void Outage::answered() {
  if (std::exchange(failing_, false))
    spdlog::info("a data source answers again source={}", source_);
}

}  // namespace eventsd::data
