// Loads the configuration: defaults, then the file, then the environment, then flags.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventsd/config.hpp"

namespace eventsd::config {

using Environment = std::map<std::string, std::string>;
using Flags = std::vector<std::pair<std::string, std::string>>;

// Something that must be corrected before the daemon can start.
// `place.file` is "environment:NAME" or "--flag", with line 0, when no file holds the value.
struct Fault {
  SourcePlace place;
  std::string message;  // names the option and says what to do; never holds a secret
};

struct LoadOptions {
  std::optional<std::string> file;  // --config
  // All variables: those named EVENTSD_* are options, ${NAME} in the file may name any. Values are
  // taken literally, except that file:PATH reads a secret; an empty one is a value.
  Environment environment;
  Flags flags;         // option path and value, such as {"listen", "127.0.0.1:0"}; literal too
  bool search = true;  // look at ./eventsd.yaml and /etc/eventsd/eventsd.yaml when no file is named
};

struct Loaded {
  ConfigPtr config;  // null when there are faults
  std::vector<Fault> faults;
  std::vector<std::string> warnings;  // formatted like faults
};

// Reads and checks everything, and reports every fault rather than the first. Never throws.
//   thread   any; blocks on reading files
Loaded load_config(const LoadOptions& options);

// The same for a text already read. `file_name` names it in messages, and relative paths of `file:`
// and tls.* start at its folder.
Loaded load_config_text(const std::string& text, const std::string& file_name,
                        const Environment& environment = {}, const Flags& flags = {});

// "FILE:LINE:COL: message", "environment:EVENTSD_X: message" or "--flag: message".
std::string format_fault(const Fault& fault);

// The options whose change needs a restart and that differ, by path: "listen", "dataDir".
std::vector<std::string> restart_only_changes(const Config& before, const Config& after);

}  // namespace eventsd::config
