// Options of later versions: known by name, so that a file that uses them gets a clear answer.
#include "config/options.hpp"

namespace eventsd::config {
namespace {

constexpr Option kOptions[] = {
    {.path = "limits.handler"},
    {.path = "limits.handler.workers", .kind = Kind::count, .later = true, .later_default = "2"},
    {.path = "limits.handler.cpuTime",
     .kind = Kind::duration,
     .later = true,
     .later_default = "500ms"},
    {.path = "limits.handler.wallTime",
     .kind = Kind::duration,
     .later = true,
     .later_default = "30s"},
    {.path = "limits.handler.memory", .kind = Kind::size, .later = true, .later_default = "64MiB"},
    {.path = "limits.handler.maxQueue",
     .kind = Kind::size,
     .later = true,
     .later_default = "16MiB"},
    {.path = "limits.handler.recycleAfter",
     .kind = Kind::count,
     .later = true,
     .later_default = "100000"},

    {.path = "dynamodb", .kind = Kind::anything, .later = true},
    {.path = "rds", .kind = Kind::anything, .later = true},
    {.path = "eventBridge", .kind = Kind::anything, .later = true},
    {.path = "openSearch", .kind = Kind::anything, .later = true},
    {.path = "bedrock", .kind = Kind::anything, .later = true},
};

}  // namespace

std::span<const Option> later_options() { return kOptions; }

}  // namespace eventsd::config
