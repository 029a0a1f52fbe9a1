#include "unit/config/support/loading.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>

namespace eventsd::config {

ConfigPtr load_good(const std::string& text, const Environment& environment, const Flags& flags) {
  const Loaded loaded = load_config_text(text, "f.yaml", environment, flags);
  for (const Fault& fault : loaded.faults) ADD_FAILURE() << format_fault(fault);
  return loaded.config ? loaded.config : std::make_shared<const Config>();
}

std::vector<std::string> faults_of(const std::string& text, const Environment& environment,
                                   const Flags& flags) {
  std::vector<std::string> out;
  const Loaded loaded = load_config_text(text, "f.yaml", environment, flags);
  for (const Fault& fault : loaded.faults) out.push_back(format_fault(fault));
  EXPECT_EQ(loaded.config == nullptr, !out.empty());
  return out;
}

std::vector<std::string> warnings_of(const std::string& text, const Environment& environment) {
  return load_config_text(text, "f.yaml", environment).warnings;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "eventsd-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  const auto file = path_ / name;
  std::ofstream(file) << text;
  return file.string();
}

}  // namespace eventsd::config
