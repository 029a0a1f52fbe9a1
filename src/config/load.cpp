#include "config/load.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>

#include "config/bind.hpp"
#include "config/check.hpp"
#include "config/expand.hpp"
#include "config/options.hpp"
#include "config/overlay.hpp"
#include "config/read_value.hpp"
#include "config/yaml_tree.hpp"

namespace eventsd::config {
namespace {

constexpr std::string_view kDefaultPlaces[] = {"./eventsd.yaml", "/etc/eventsd/eventsd.yaml"};

// The file to read and who named it; an empty path: none.
struct Found {
  std::string path;
  SourcePlace named_by;
};

// A default place that is there but cannot be read is a fault, not a reason to look further.
// But in a working directory that is closed to this user nothing was put for it: that is where
// somebody else stands who became this user (`sudo -u eventsd eventsd doctor` in /root).
bool is_there(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) == 0) return true;
  if (errno == EACCES && path.starts_with("./")) return eaccess(".", X_OK) == 0;
  return errno != ENOENT && errno != ENOTDIR;
}

Found find_file(const LoadOptions& options) {
  if (options.file) return {*options.file, {"--config", 0, 0}};
  const auto named = options.environment.find("EVENTSD_CONFIG");
  if (named != options.environment.end() && !named->second.empty()) {
    return {named->second, {"environment:EVENTSD_CONFIG", 0, 0}};
  }
  if (options.search) {
    for (std::string_view place : kDefaultPlaces) {
      const std::string path(place);
      if (is_there(path)) return {path, {path, 0, 0}};
    }
  }
  return {};
}

Loaded refuse(Fault fault) {
  Loaded loaded;
  loaded.faults.push_back(std::move(fault));
  return loaded;
}

// Faults of the command line and the environment first, then those of the file from top to bottom.
void sort_faults(std::vector<Fault>& faults) {
  std::multimap<std::pair<int, int>, Fault> sorted;  // equal keys keep their order
  for (Fault& fault : faults) {
    const std::pair key(fault.place.line, fault.place.column);
    sorted.emplace(key, std::move(fault));
  }
  faults.clear();
  for (auto& [key, fault] : sorted) faults.push_back(std::move(fault));
}

Loaded load_tree(Value root, const std::string& file_name, const Environment& environment,
                 const Flags& flags) {
  Loaded loaded;
  overlay_environment(root, environment);
  overlay_flags(root, flags, loaded.faults);
  const std::string folder = std::filesystem::path(file_name).parent_path().string();
  Bound bound = bind_options(root, environment, folder);
  bound.config.file = file_name;
  check_options(bound, loaded.warnings);
  for (std::string& warning : unknown_variables(environment, bound.used_variables)) {
    loaded.warnings.push_back(std::move(warning));
  }
  loaded.faults.insert(loaded.faults.end(), bound.faults.begin(), bound.faults.end());
  sort_faults(loaded.faults);
  if (loaded.faults.empty()) {
    loaded.config = std::make_shared<const Config>(std::move(bound.config));
  }
  return loaded;
}

Loaded load_found(const LoadOptions& options) {
  const Found found = find_file(options);
  if (found.path.empty()) {
    if (options.file) return refuse({found.named_by, "expected the name of a file"});
    return load_config_text("", "", options.environment, options.flags);
  }
  const Resolved text = read_file(found.path, kMaxFileBytes);
  if (!text.text) return refuse({found.named_by, text.complaint});
  return load_config_text(*text.text, found.path, options.environment, options.flags);
}

}  // namespace

Loaded load_config(const LoadOptions& options) {
  try {
    return load_found(options);
  } catch (const std::exception& error) {
    return refuse({{options.file.value_or(""), 0, 0}, error.what()});
  }
}

Loaded load_config_text(const std::string& text, const std::string& file_name,
                        const Environment& environment, const Flags& flags) {
  try {
    auto parsed = parse_yaml(text, file_name);
    if (auto* fault = std::get_if<Fault>(&parsed)) return refuse(std::move(*fault));
    return load_tree(std::move(std::get<Value>(parsed)), file_name, environment, flags);
  } catch (const std::exception& error) {
    return refuse({{file_name, 0, 0}, error.what()});
  }
}

std::string format_fault(const Fault& fault) {
  std::string out = fault.place.file;
  if (fault.place.line != 0) {
    out += ":" + std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column);
  }
  return out.empty() ? fault.message : out + ": " + fault.message;
}

std::vector<std::string> restart_only_changes(const Config& before, const Config& after) {
  Config left = before;
  Config right = after;
  Scope old_scope;
  old_scope.config = &left;
  Scope new_scope;
  new_scope.config = &right;
  std::vector<std::string> changed;
  for (const Option& option : options()) {
    if (!option.restart) continue;
    const bool same = format_value(option, option.field(old_scope)) ==
                      format_value(option, option.field(new_scope));
    if (!same) changed.emplace_back(option.path);
  }
  return changed;
}

}  // namespace eventsd::config
