// A channel namespace: the first segment of its channels, and the rules for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "eventsd/auth_mode.hpp"
#include "eventsd/source_place.hpp"

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

enum class HandlerBehavior : std::uint8_t { code, direct };
enum class InvokeType : std::uint8_t { request_response, event };

// `handlerConfigs.onPublish` or `.onSubscribe`.
struct HandlerConfig {
  HandlerBehavior behavior = HandlerBehavior::code;
  std::string data_source_name;                           // empty: none
  InvokeType invoke_type = InvokeType::request_response;  // with `direct` only
  bool operator==(const HandlerConfig&) const = default;
};

// What a namespace does with what has been authorized.
struct HandlersConfig {
  std::string code_file;                    // absolute; empty: no code
  std::optional<HandlerConfig> on_publish;  // absent: code without a data source, if there is code
  std::optional<HandlerConfig> on_subscribe;
  SourcePlace code_place;  // of codeHandlers, for messages
  bool empty() const { return code_file.empty() && !on_publish && !on_subscribe; }
  bool operator==(const HandlersConfig& other) const {  // wherever it was written
    return code_file == other.code_file && on_publish == other.on_publish &&
           on_subscribe == other.on_subscribe;
  }
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
  HandlersConfig handlers;
  bool operator==(const ChannelNamespace&) const = default;
};

using ChannelNamespacePtr = std::shared_ptr<const ChannelNamespace>;

}  // namespace eventsd
