// Reads the tree of values into a Config, by the table of options.
#pragma once

#include <map>
#include <set>

#include "config/yaml_tree.hpp"

namespace eventsd::config {

// The option's path with list indexes ("apis[0].apiKeys[1].id") and where it was set.
using Places = std::map<std::string, SourcePlace>;

struct Bound {
  Config config;  // values that were good; the others keep their defaults
  Places places;
  std::vector<Fault> faults;
  std::set<std::string> used_variables;  // by ${NAME}
};

// Checks each key and value by itself. `folder` is where the file's relative paths start.
Bound bind_options(const Value& root, const Environment& environment, const std::string& folder);

}  // namespace eventsd::config
