// Prints configurations as YAML.
#pragma once

#include <string>

#include "eventsd/config.hpp"

namespace eventsd::config {

// The effective configuration. Loads again to an equal one, except for the secrets: they are
// printed as kMaskedSecret, which the loader refuses.
std::string print_config(const Config& config);

// The commented reference: every option with its meaning, default and danger. config/eventsd.yaml
// holds exactly this text, and it loads to the defaults.
std::string print_defaults();

// The same as tables in Markdown, which docs/CONFIGURATION.md holds.
std::string print_reference();

}  // namespace eventsd::config
