// The JavaScript that runs below customers' code: src/handler/modules, embedded by CMake.
#pragma once

#include <string_view>

namespace eventsd::handler {

inline constexpr const char* kLibraryName = "<eventsd>";

// One expression: (function (host) { …; return { "@aws-appsync/utils": {…}, … }; })
// All of modules/*.js, in the order of their names, inside one function. Ends with a zero byte that
// is not part of it.
std::string_view library_source();

}  // namespace eventsd::handler
