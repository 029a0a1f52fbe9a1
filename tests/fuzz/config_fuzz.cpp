// Feeds YAML text to the loader. What loads must print as something that loads again, and never
// show a secret.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/load.hpp"
#include "config/print.hpp"

namespace {

// Files that `file:` names must not make runs differ: there are none in this folder.
constexpr const char* kFileName = "/nonexistent/eventsd.yaml";

bool has_secret(const eventsd::Config& config) {
  if (!config.admin.token.empty()) return true;
  if (!config.rds.empty()) return true;
  for (const auto& api : config.apis) {
    if (!api.api_keys.empty()) return true;
    for (const auto& source : api.data_sources) {
      if (!source.relational.connection_string.empty()) return true;
    }
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eventsd::config;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Environment environment = {{"CHAT_API_KEY", "da2-0123456789"}, {"EVENTSD_PORT", "1"}};
  const Loaded loaded = load_config_text(text, kFileName, environment);
  if ((loaded.config == nullptr) == loaded.faults.empty()) std::abort();
  for (const Fault& fault : loaded.faults) {
    if (fault.message.empty() || format_fault(fault).empty()) std::abort();
  }
  if (!loaded.config || has_secret(*loaded.config)) return 0;
  const std::string printed = print_config(*loaded.config);
  const Loaded again = load_config_text(printed, kFileName, {});
  if (!again.config || print_config(*again.config) != printed) std::abort();
  return 0;
}
