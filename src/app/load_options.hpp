// How verbs find the configuration.
#pragma once

#include <string>

#include "config/load.hpp"

namespace eventsd::app {

// The file that --config names, else a search; with this process's environment.
config::LoadOptions load_options(const std::string& config_file);

}  // namespace eventsd::app
