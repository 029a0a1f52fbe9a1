#include "app/code_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "protocol/text.hpp"

namespace eventsd::app {
namespace {

constexpr std::uint64_t kMaxFile = 4 * kMaxCodeCharacters;  // UTF-8 takes at most four bytes

using Form = CodeModule::Form;

// A fault of the module itself: FILE is the module's.
std::optional<config::Fault> fault_of(const std::string& path, const handler::CodeCheck& checked) {
  if (const auto* fault = std::get_if<handler::CodeFault>(&checked)) {
    return config::Fault{{path, fault->line, fault->column}, fault->message};
  }
  const auto& exports = std::get<handler::CodeExports>(checked);
  if (exports.on_publish == Form::absent && exports.on_subscribe == Form::absent) {
    return config::Fault{{path, 1, 1}, "exports neither onPublish nor onSubscribe"};
  }
  return std::nullopt;
}

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
          static_cast<std::uint64_t>(status.st_size), status.st_ino};
}

Result<std::string> read_code(const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    return fail(ErrorKind::bad_request, path + ": " + why);
  };
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return refuse("cannot be read: no such file");
  if (!S_ISREG(status.st_mode)) return refuse("cannot be read: not a file");
  std::ifstream input(path, std::ios::binary);
  std::string text;
  if (input) text.assign(std::istreambuf_iterator<char>(input), {});
  if (!input) return refuse("cannot be read");
  if (text.size() <= kMaxFile && !protocol::is_valid_utf8(text)) return refuse("is not UTF-8");
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  if (characters > kMaxCodeCharacters) {
    return refuse("has " + std::to_string(characters) + " characters; AppSync takes at most " +
                  std::to_string(kMaxCodeCharacters));
  }
  return text;
}

Result<CodeModulePtr> make_module(const std::string& path, std::string source,
                                  const handler::CodeCheck& checked) {
  if (const auto fault = fault_of(path, checked)) {
    return fail(ErrorKind::bad_request, config::format_fault(*fault));
  }
  return handler::make_code_module(path, std::move(source),
                                   std::get<handler::CodeExports>(checked));
}

bool is_unchecked(const handler::CodeCheck& checked) {
  const auto* fault = std::get_if<handler::CodeFault>(&checked);
  return fault && fault->line == 0;
}

handler::SupervisorOptions worker_options(const HandlerLimits& limits) {
  handler::SupervisorOptions options;
  options.workers = limits.workers;
  options.engine.cpu_time = limits.cpu_time;
  options.engine.heap_bytes = limits.memory;
  options.wall_time = limits.wall_time;
  options.max_queue = limits.max_queue;
  options.recycle_after = limits.recycle_after;
  return options;
}

std::vector<config::Fault> find_code_faults(const Config& config) {
  std::vector<config::Fault> faults;
  std::unique_ptr<handler::Supervisor> supervisor;
  std::set<std::string> seen;
  for (const ApiConfig& api : config.apis) {
    for (const ChannelNamespace& one : api.channel_namespaces) {
      const std::string& path = one.handlers.code_file;
      if (path.empty() || !seen.insert(path).second) continue;
      const auto source = read_code(path);
      if (!source) {
        faults.push_back({one.handlers.code_place, "codeHandlers: " + source.error().message});
        continue;
      }
      if (!supervisor) {
        handler::SupervisorOptions options = worker_options(config.limits.handler);
        options.workers = 1;
        supervisor = handler::make_supervisor(options);
      }
      const handler::CodeCheck checked = supervisor->check_now(path, *source);
      auto fault = fault_of(path, checked);
      if (fault) faults.push_back(std::move(*fault));
      if (is_unchecked(checked)) return faults;  // nor will it be for the next one
    }
  }
  return faults;
}

}  // namespace eventsd::app
