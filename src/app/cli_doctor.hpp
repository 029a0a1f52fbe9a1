// The verb that looks for what will hurt.
#pragma once

#include <string>

#include "app/cli.hpp"

namespace eventsd::app {

struct DoctorOptions {
  std::string config_file;  // empty: searched for
  Output output = Output::text;
};
// Exit code 1 when there is a problem, 2 when the configuration is faulty; warnings are no failure.
int run_doctor(const DoctorOptions& options, const Console& console);

}  // namespace eventsd::app
