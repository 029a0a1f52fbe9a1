#include "config/section_checker.hpp"

#include <algorithm>

namespace eventsd::config {

SectionChecker::SectionChecker(Bound& bound, std::vector<std::string>& warnings)
    : bound_(bound), config_(bound.config), warnings_(warnings) {}

bool SectionChecker::has_fault_at(const std::string& path) const {
  return std::ranges::any_of(bound_.faults, [&](const Fault& fault) {
    return fault.message.starts_with(path + ":") || fault.message.starts_with(path + "[");
  });
}

SourcePlace SectionChecker::place(std::string path) const {
  while (true) {
    const auto found = bound_.places.find(path);
    if (found != bound_.places.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    if (cut == std::string::npos) return {config_.file, 0, 0};
    path.resize(cut);
  }
}

void SectionChecker::fault(const std::string& path, const std::string& message) {
  bound_.faults.push_back({place(path), path + ": " + message});
}

void SectionChecker::warn(const std::string& path, const std::string& message) {
  warn(path, path, message);
}

void SectionChecker::warn(const std::string& path, const std::string& other,
                          const std::string& message) {
  const SourcePlace where = place(has(path) ? path : other);
  warnings_.push_back(format_fault({where, path + ": " + message}));
}

std::string SectionChecker::api_path(std::size_t index) const {
  return has("api") ? "api" : "apis[" + std::to_string(index) + "]";
}

}  // namespace eventsd::config
