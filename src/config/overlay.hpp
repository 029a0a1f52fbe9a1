// Lays the environment and the flags over the file's values, so that one reader sees them all.
#pragma once

#include <set>

#include "config/yaml_tree.hpp"

namespace eventsd::config {

// Sets the options that EVENTSD_* variables name. A list is split at commas.
void overlay_environment(Value& root, const Environment& environment);

// Sets the options of the flags. A list is split at commas; a repeated flag adds to its list, and
// otherwise the last one counts.
void overlay_flags(Value& root, const Flags& flags, std::vector<Fault>& faults);

// A warning for each EVENTSD_* variable that is no option and that no ${NAME} has used: Kubernetes
// makes such variables for a service named eventsd, so they are no faults.
std::vector<std::string> unknown_variables(const Environment& environment,
                                           const std::set<std::string>& used);

}  // namespace eventsd::config
