// Where in a module something happened, from the engine's texts.
#pragma once

#include <string>
#include <string_view>

namespace eventsd::handler {

struct Place {
  int line = 0;
  int column = 0;
};

// The innermost frame of the module in a stack ("    at f (code.js:3:7)\n…"); 0:0 when there is
// none.
Place first_place(std::string_view stack, std::string_view module_name);

// Where the module's source names what an error of linking speaks of ("could not load module 'x'",
// "Could not find export 'f' in module 'x'").
Place place_of_import(std::string_view error, std::string_view source);

}  // namespace eventsd::handler
