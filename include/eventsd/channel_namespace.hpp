// A channel namespace: the first segment of its channels, and the rules for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "eventsd/auth_mode.hpp"

namespace eventsd {

// Whether the stored past can be read by those who may subscribe.
enum class HistoryRead : std::uint8_t { subscribe, none };

// What the built-in persistence keeps. An event goes when any limit says so, oldest first.
struct HistoryPolicy {
  std::chrono::milliseconds max_age{std::chrono::hours(24 * 7)};
  std::uint64_t max_events_per_channel = 10'000;
  std::uint64_t max_bytes = 1ull << 30;  // payload bytes of the whole namespace
  HistoryRead read = HistoryRead::subscribe;
  bool operator==(const HistoryPolicy&) const = default;
};

// Immutable; replaced whole when the configuration changes. `key` stays the same for an
// (API, name) pair as long as the process lives, whatever the configuration does in between.
struct ChannelNamespace {
  std::uint32_t key = 0;      // process-wide number of (API id, name)
  std::uint32_t api_key = 0;  // process-wide number of the API id
  std::string api_id;
  std::string name;
  AuthModes publish_modes;
  AuthModes subscribe_modes;
  std::optional<HistoryPolicy> history;  // nothing is kept without
  bool operator==(const ChannelNamespace&) const = default;
};

using ChannelNamespacePtr = std::shared_ptr<const ChannelNamespace>;

}  // namespace eventsd
