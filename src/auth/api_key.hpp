// API keys: the simplest of the five modes.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eventsd/authorizer.hpp"

namespace eventsd::auth {

struct ApiKey {
  std::string id;  // the key itself
  std::optional<std::chrono::system_clock::time_point> expires;
};

// Compares with every key in constant time, so that timing tells nothing of how much was right.
//   source   PROTOCOL.md A-6
std::shared_ptr<Authorizer> make_api_key_authorizer(
    std::vector<ApiKey> keys,
    std::chrono::system_clock::time_point (*now)() = &std::chrono::system_clock::now);

}  // namespace eventsd::auth
