// What the checks of several options at once share.
#pragma once

#include <string>
#include <vector>

#include "config/bind.hpp"

namespace eventsd::config {

// Adds faults and warnings, each with the place in the file that it concerns. Paths are those of
// options: "limits.keepAliveInterval", "api.channelNamespaces[2].name".
class SectionChecker {
 public:
  // Both must outlive it.
  SectionChecker(Bound& bound, std::vector<std::string>& warnings);

 protected:
  // The option or section was written.
  bool has(const std::string& path) const { return bound_.places.contains(path); }
  // An option or an item of it was refused already: a list all of whose items were is not also
  // empty.
  bool has_fault_at(const std::string& path) const;
  // Of the option, else of the nearest section around it that was written, else the file's.
  SourcePlace place(std::string path) const;

  void fault(const std::string& path, const std::string& message);
  void warn(const std::string& path, const std::string& message);
  // Where `other` was set, when the option has its default.
  void warn(const std::string& path, const std::string& other, const std::string& message);

  // "api", or "apis[2]" where a list was written.
  std::string api_path(std::size_t index) const;

  Bound& bound_;
  Config& config_;  // of bound_

 private:
  std::vector<std::string>& warnings_;
};

}  // namespace eventsd::config
