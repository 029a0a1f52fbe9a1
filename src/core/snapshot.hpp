// The part of the configuration that use cases look at: APIs, their namespaces and authorizers.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/authorization_watch.hpp"
#include "core/name_hash.hpp"
#include "eventsd/authorizer.hpp"
#include "eventsd/channel_namespace.hpp"
#include "eventsd/config.hpp"
#include "eventsd/handler.hpp"

namespace eventsd::core {

// One Event API. Immutable.
struct Api {
  std::uint32_t key = 0;
  std::string id;
  std::string name;
  std::vector<std::string> domains;  // lower case, no port
  AuthModes connection_modes;
  // One a mode, null where the API has no such provider.
  std::array<std::shared_ptr<Authorizer>, kAuthModeNames.size()> authorizers;
  std::shared_ptr<AuthorizationWatch> watch;  // null: nobody is told

  std::unordered_map<std::string, ChannelNamespacePtr, NameHash, std::equal_to<>> namespaces;

  // Of the namespaces that have any.
  std::unordered_map<std::string, std::shared_ptr<Handler>, NameHash, std::equal_to<>> handlers;

  // Null when there is none of that name.
  const ChannelNamespacePtr& find_namespace(std::string_view namespace_name) const;
  // Null when nothing is done for the operation.
  Handler* find_handler(std::string_view namespace_name, Operation operation) const;
};

using ApiPtr = std::shared_ptr<const Api>;

// Immutable; every shard holds the newest, an operation keeps the one it began with.
struct Snapshot {
  ConfigPtr config;
  std::vector<ApiPtr> apis;  // at least one

  // By Host header (port ignored, case ignored); the first API when no domain matches.
  const ApiPtr& api_for_host(std::string_view host) const;
  const Limits& limits() const { return config->limits; }
};

// "Events.example.com:8080" → "events.example.com"; an IPv6 literal keeps its brackets.
std::string host_name(std::string_view host);

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace eventsd::core
