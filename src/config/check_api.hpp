// The rules of `api` and `apis` that concern several options at once.
#pragma once

#include "config/bind.hpp"

namespace eventsd::config {

// Gives each API its effective authorization modes, and adds the faults and warnings.
void check_apis(Bound& bound, std::vector<std::string>& warnings);

}  // namespace eventsd::config
