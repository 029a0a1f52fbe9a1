// The rules that concern several options at once, and the defaults that depend on others.
#pragma once

#include "config/bind.hpp"

namespace eventsd::config {

// Fills what is derived (tls.required, authorization modes) and adds the faults and warnings.
//   REQUIRES: values that bind_options has read; those that it refused have their defaults
void check_options(Bound& bound, std::vector<std::string>& warnings);

}  // namespace eventsd::config
