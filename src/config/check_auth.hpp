// The rules of authorization that concern several options at once.
#pragma once

#include "config/bind.hpp"

namespace eventsd::config {

// Fills what is derived (a pool's region and issuer, a user's name) and adds the faults and
// warnings.
void check_auth(Bound& bound, std::vector<std::string>& warnings);

}  // namespace eventsd::config
