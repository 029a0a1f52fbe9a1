// What was built.
#pragma once

#include <string_view>

namespace eventsd::app {

// The commit, abbreviated; "unknown" outside a git checkout.
std::string_view build_commit();

}  // namespace eventsd::app
