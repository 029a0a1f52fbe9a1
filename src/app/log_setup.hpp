// spdlog, as the configuration asks for it.
#pragma once

#include "eventsd/config.hpp"

namespace eventsd::app {

// Text on a terminal, JSON lines otherwise, on stderr. Called once, before threads.
void set_up_log(const LogConfig& config);
// After a reload.
void set_log_level(const LogConfig& config);

}  // namespace eventsd::app
