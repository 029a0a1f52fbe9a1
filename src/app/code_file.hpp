// The files that `codeHandlers` names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "eventsd/code_runner.hpp"
#include "eventsd/config.hpp"
#include "eventsd/result.hpp"
#include "handler/supervisor.hpp"

namespace eventsd::app {

inline constexpr std::size_t kMaxCodeCharacters = 32'768;  // AppSync's quota

// Tells one content of a file from another without reading it.
struct FileStamp {
  std::int64_t modified_ns = -1;  // -1: there is no such file
  std::uint64_t bytes = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::string& path);

//   errors   bad_request: it cannot be read, is no UTF-8 or too long; the message names it
Result<std::string> read_code(const std::string& path);

// The module, or what is wrong with it as "FILE:LINE:COL: message".
Result<CodeModulePtr> make_module(const std::string& path, std::string source,
                                  const handler::CodeCheck& checked);

// Whether no worker could look at the module: nothing is known of it.
bool is_unchecked(const handler::CodeCheck& checked);

// Workers as limits.handler has them.
handler::SupervisorOptions worker_options(const HandlerLimits& limits);

// Everything that is wrong with the code that a configuration names, each fault with its place.
// Starts a worker if there is code.
std::vector<config::Fault> find_code_faults(const Config& config);

}  // namespace eventsd::app
