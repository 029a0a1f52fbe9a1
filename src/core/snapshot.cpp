#include "core/snapshot.hpp"

#include <algorithm>
#include <cctype>

namespace eventsd::core {
namespace {}  // namespace

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

const ChannelNamespacePtr& Api::find_namespace(std::string_view namespace_name) const {
  static const ChannelNamespacePtr none;
  const auto found = namespaces.find(namespace_name);
  return found == namespaces.end() ? none : found->second;
}

Handler* Api::find_handler(std::string_view namespace_name, Operation operation) const {
  if (handlers.empty()) return nullptr;
  const auto found = handlers.find(namespace_name);
  if (found == handlers.end() || !found->second->handles(operation)) return nullptr;
  return found->second.get();
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
