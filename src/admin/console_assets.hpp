// The console's files (src/admin/console), which the build makes part of the program.
#pragma once

#include <span>
#include <string_view>

namespace eventsd::admin {

struct ConsoleAsset {
  std::string_view name;  // "console.css"
  std::string_view content_type;
  std::string_view content;
};

std::span<const ConsoleAsset> console_assets();

}  // namespace eventsd::admin
