// What must hold between handlers, data sources, tables and the names of this machine.
#pragma once

#include "config/bind.hpp"

namespace eventsd::config {

// Adds faults and warnings, and fills in defaults that depend on other options.
void check_data(Bound& bound, std::vector<std::string>& warnings);

}  // namespace eventsd::config
