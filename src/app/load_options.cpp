#include "app/load_options.hpp"

#include <string_view>

extern char** environ;

namespace eventsd::app {
namespace {

config::Environment process_environment() {
  config::Environment environment;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace

config::LoadOptions load_options(const std::string& config_file) {
  config::LoadOptions options;
  if (!config_file.empty()) options.file = config_file;
  options.environment = process_environment();
  return options;
}

}  // namespace eventsd::app
