// Where something was written.
#pragma once

#include <string>

namespace eventsd {

// A value with the place that defined it, for messages such as "defined in FILE:LINE".
struct SourcePlace {
  std::string file;
  int line = 0;
  int column = 0;
};

}  // namespace eventsd
