// Addresses and CIDR blocks, such as trustedProxies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eventsd::app {

// True when `ip` is one of `blocks` or lies in one. Malformed blocks match nothing (the loader
// refuses them).
bool address_in(std::string_view ip, const std::vector<std::string>& blocks);

}  // namespace eventsd::app
