#include "core/snapshot.hpp"

#include <algorithm>
#include <cctype>

namespace eventsd::core {
namespace {

// "Events.example.com:8080" → "events.example.com"; an IPv6 literal keeps its brackets.
std::string host_name(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = host.substr(0, colon);
  }
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

const ChannelNamespacePtr& Api::find_namespace(std::string_view namespace_name) const {
  static const ChannelNamespacePtr none;
  const auto found = namespaces.find(namespace_name);
  return found == namespaces.end() ? none : found->second;
}

const ApiPtr& Snapshot::api_for_host(std::string_view host) const {
  if (apis.size() > 1) {
    const std::string name = host_name(host);
    for (const ApiPtr& api : apis) {
      if (std::find(api->domains.begin(), api->domains.end(), name) != api->domains.end()) {
        return api;
      }
    }
  }
  return apis.front();
}

}  // namespace eventsd::core
