// Loads texts in tests.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace eventsd::config {

// The configuration of a text without faults; the test fails when there are some.
ConfigPtr load_good(const std::string& text, const Environment& environment = {},
                    const Flags& flags = {});

// The formatted faults and warnings of a text. The file is called "f.yaml".
std::vector<std::string> faults_of(const std::string& text, const Environment& environment = {},
                                   const Flags& flags = {});
std::vector<std::string> warnings_of(const std::string& text, const Environment& environment = {});

// A folder that is gone after the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Writes a file into it and answers its path.
  std::string write(const std::string& name, const std::string& text) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace eventsd::config
