// eventsd doctor: what in this machine and configuration will hurt, and what mends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eventsd/config.hpp"
#include "eventsd/result.hpp"

namespace eventsd::app {

enum class Severity : std::uint8_t { ok, warning, problem };

// One thing that was looked at.
struct Finding {
  Severity severity = Severity::ok;
  std::string check;  // "descriptors", "port", …; stable, for programs
  std::string found;  // what is the case, with its value; never a secret
  std::string mend;   // a command or an option; empty when there is nothing to do
};

using Findings = std::vector<Finding>;

struct DiskFacts {
  std::string path;               // what exists of dataDir
  std::string file_system;        // "tmpfs", "nfs", …; empty: an ordinary one
  std::uint64_t free_bytes = 0;   // for this user
  std::uint64_t free_inodes = 0;  // 0 with free_bytes: none left
  std::uint64_t used_by_history = 0;
  bool writable = true;
};

// What the machine says of itself; a value that cannot be read is absent.
struct MachineFacts {
  std::uint64_t descriptors = 0;  // the hard limit, which the daemon raises itself to
  std::optional<std::uint64_t> somaxconn;
  std::optional<std::uint64_t> memory;  // bytes, of the container where there is one
  std::optional<bool> clock_synchronised;
  std::chrono::system_clock::time_point now;
  DiskFacts disk;
};

//   thread   any; reads /proc and asks the kernel
MachineFacts read_machine(const Config& config);

// Judges what was read; pure.
Findings check_machine(const Config& config, const MachineFacts& facts);
Findings check_smells(const Config& config, std::chrono::system_clock::time_point now);

// Reads the certificate that `tls` names.
Findings check_certificate(const TlsConfig& tls, std::chrono::system_clock::time_point now);

// Tries to bind every address. One that the daemon of `data_dir` says it listens on is not tried.
Findings check_ports(const Config& config);

// Resolves the hosts of issuers, pools, functions, and whatever data sources ask.
//   resolve   empty: found; else why not
using Resolve = std::function<std::string(const std::string& host)>;
Findings check_names(const Config& config, const Resolve& resolve);
std::string resolve_host(const std::string& host);

std::string_view to_string(Severity severity);

}  // namespace eventsd::app
