// Files that are either the old or the new one, whatever happens while they are written.
#pragma once

#include <string>
#include <string_view>

#include "eventsd/result.hpp"

namespace eventsd::net {

// Writes a temporary file beside `path` (created with `mode`, never readable more widely), syncs it
// and renames it over `path`; a symbolic link there is replaced, not followed.
//   errors   internal: names the file and the reason
//   thread   any; blocks for the disk
Result<void> write_file_atomically(const std::string& path, std::string_view content,
                                   unsigned mode);

}  // namespace eventsd::net
