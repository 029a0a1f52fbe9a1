// The control plane's view of what the configuration file defines: it can be read there, and not
// changed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin/guard.hpp"
#include "eventsd/config.hpp"

namespace eventsd::admin {

struct ConfiguredApis {
  std::function<ConfigPtr()> config;
  std::function<std::string()> host;  // "localhost:8080": where an API without domains is reached
};

// ListApis, GetApi, ListChannelNamespaces, GetChannelNamespace; and for what they show, Update and
// Delete, which say where it is defined instead.
//   errors   404 NotFoundException, 409 ConflictException; body {"message":…}
//   source   AWS's REST shapes
std::vector<server::Route> configured_api_routes(ConfiguredApis apis, const OperationGuard& guard);

}  // namespace eventsd::admin
