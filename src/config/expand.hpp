// Values that stand for others: ${NAME} for a variable, file:PATH for a file's text.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "config/load.hpp"

namespace eventsd::config {

// The text that a value stands for, or what is wrong with it.
struct Resolved {
  std::optional<std::string> text;
  std::string complaint;  // without a text
};

// Replaces ${NAME} and ${NAME:-default} (unset or empty: the default); $${ stands for ${.
// Adds the names it meets to `used`.
//   errors   a variable that is not set and has no default, a `${` that is not well-formed
Resolved expand_variables(const std::string& text, const Environment& environment,
                          std::set<std::string>& used);

// The text of the file that "file:PATH" names, less one trailing newline; other texts unchanged.
// A relative path starts at `folder` ("" is the working directory).
//   errors   not readable, not a regular file, larger than 64 KiB
Resolved read_secret(const std::string& text, const std::string& folder);

// The whole of a file of at most `most` bytes. Pipes are read too.
Resolved read_file(const std::string& path, std::size_t most);

}  // namespace eventsd::config
