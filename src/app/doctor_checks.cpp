// What the doctor thinks of a machine and a configuration. No input or output in here.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "app/doctor.hpp"
#include "config/grammar.hpp"

namespace eventsd::app {
namespace {

constexpr std::uint64_t kGoodDescriptors = 65'536;
constexpr std::uint64_t kReserve = 64;  // descriptors that are not connections
constexpr std::uint64_t kGoodBacklog = 4096;
constexpr std::uint64_t kLeastFree = 64ull << 20;  // the reserve file and a write-ahead log
constexpr std::uint64_t kLeastInodes = 100;
// The unit's TimeoutStopSec and the image's grace period, less the flush after the drain.
constexpr std::chrono::seconds kLongestDrain{25};
constexpr std::chrono::days kSoon{14};

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

Finding descriptors(const Config& config, const MachineFacts& facts) {
  const std::uint64_t wanted = config.limits.max_connections > 0
                                   ? config.limits.max_connections + kReserve
                                   : kGoodDescriptors;
  const std::string found = fmt::format("{} file descriptors, one a connection; {} are wanted",
                                        facts.descriptors, wanted);
  if (facts.descriptors >= wanted) return {Severity::ok, "descriptors", found, ""};
  // What was asked for and cannot be had is worse than a low default.
  const Severity severity =
      config.limits.max_connections > 0 ? Severity::problem : Severity::warning;
  return {severity, "descriptors", found,
          fmt::format("ulimit -n {} (systemd: systemctl edit eventsd, [Service] LimitNOFILE={}; "
                      "docker: --ulimit nofile={})",
                      wanted, wanted, wanted)};
}

Finding backlog(std::uint64_t somaxconn) {
  const std::string found =
      fmt::format("net.core.somaxconn is {}: so many clients may connect at once", somaxconn);
  if (somaxconn >= kGoodBacklog) return {Severity::ok, "somaxconn", found, ""};
  return {Severity::warning, "somaxconn", found,
          fmt::format("sudo sysctl -w net.core.somaxconn={} (and in /etc/sysctl.d/)",
                      kGoodBacklog)};
}

Finding clock(const MachineFacts& facts) {
  // Before this was written: tokens would seem not to be valid yet.
  constexpr std::chrono::sys_days kEarliest{std::chrono::year(2025) / 1 / 1};
  if (facts.now < kEarliest) {
    return {Severity::problem, "clock", "the clock is years behind: signatures and tokens fail",
            "sudo timedatectl set-ntp true"};
  }
  if (!facts.clock_synchronised.has_value()) {
    return {Severity::ok, "clock", "whether the clock is synchronised cannot be read here", ""};
  }
  if (*facts.clock_synchronised) {
    return {Severity::ok, "clock", "the kernel says that the clock is synchronised", ""};
  }
  return {Severity::warning, "clock",
          "the kernel does not say that the clock is synchronised: tokens and signatures are "
          "checked against it",
          "sudo timedatectl set-ntp true (or chrony; in a container: on its host)"};
}

Findings disk(const Config& config, const DiskFacts& facts) {
  Findings findings;
  const auto add = [&](Severity severity, std::string found, std::string mend) {
    findings.push_back({severity, "disk", std::move(found), std::move(mend)});
  };
  if (!facts.writable) {
    add(Severity::problem, facts.path + " cannot be written to by this user",
        fmt::format("run it as the daemon's user (sudo -u eventsd eventsd doctor), or: sudo chown "
                    "-R eventsd: {}",
                    config.data_dir));
  }
  if (facts.free_bytes < kLeastFree || facts.free_inodes < kLeastInodes) {
    add(Severity::problem,
        fmt::format("{} has {} and {} inodes free", facts.path, bytes_text(facts.free_bytes),
                    facts.free_inodes),
        "free space, or set dataDir to a larger disk");
  } else if (facts.free_bytes + facts.used_by_history < config.limits.max_store_size) {
    add(Severity::warning,
        fmt::format("the history may grow to {} (limits.maxStoreSize), and {} has {} free",
                    bytes_text(config.limits.max_store_size), facts.path,
                    bytes_text(facts.free_bytes)),
        fmt::format("limits: {{ maxStoreSize: {}MiB }}, or a larger disk",
                    (facts.free_bytes + facts.used_by_history) / 2 >> 20));
  }
  if (facts.file_system == "nfs" || facts.file_system == "cifs") {
    add(Severity::problem,
        fmt::format("{} is on {}: SQLite's write-ahead log does not work there", facts.path,
                    facts.file_system),
        "set dataDir to a local disk");
  } else if (facts.file_system == "tmpfs" || facts.file_system == "overlay") {
    add(Severity::warning,
        fmt::format("{} is on {}: what is stored is gone after a restart of {}", facts.path,
                    facts.file_system,
                    facts.file_system == "tmpfs" ? "the machine" : "the container"),
        "set dataDir to a disk, or mount a volume there");
  }
  if (findings.empty()) {
    add(Severity::ok, fmt::format("{} has {} free", facts.path, bytes_text(facts.free_bytes)), "");
  }
  return findings;
}

Finding memory(const Config& config, std::uint64_t total) {
  const std::uint64_t queues = config.limits.max_outbound_total + config.limits.max_storage_queue;
  const std::string found =
      fmt::format("queues may take {} of {} of memory", bytes_text(queues), bytes_text(total));
  if (queues * 2 <= total) return {Severity::ok, "memory", found, ""};
  return {Severity::warning, "memory", found,
          fmt::format("limits: {{ maxOutboundTotal: {}MiB }}", (total / 4) >> 20)};
}

bool is_public(const Config& config) {
  return std::any_of(config.listen.begin(), config.listen.end(), [](const std::string& address) {
    return !config::is_loopback_address(address);
  });
}

}  // namespace

std::string_view to_string(Severity severity) {
  constexpr std::string_view kNames[] = {"ok", "warning", "problem"};
  return kNames[static_cast<std::size_t>(severity)];
}

Findings check_machine(const Config& config, const MachineFacts& facts) {
  Findings findings{descriptors(config, facts)};
  if (facts.somaxconn) findings.push_back(backlog(*facts.somaxconn));
  findings.push_back(clock(facts));
  for (Finding& one : disk(config, facts.disk)) findings.push_back(std::move(one));
  if (facts.memory) findings.push_back(memory(config, *facts.memory));
  return findings;
}

Findings check_smells(const Config& config, std::chrono::system_clock::time_point now) {
  Findings findings;
  const auto smell = [&](std::string found, std::string mend) {
    findings.push_back({Severity::warning, "configuration", std::move(found), std::move(mend)});
  };
  if (is_public(config) && !config.tls.enabled() && config.trusted_proxies.empty()) {
    smell("`listen` is reachable from other machines, and there is neither TLS nor a proxy: "
          "credentials travel in clear text",
          "tls: { certificate: …, privateKey: … }, or name the proxy in trustedProxies");
  }
  if (is_public(config) && config.tls.self_signed) {
    smell("tls.selfSigned on an address of the network is for development",
          "tls: { certificate: …, privateKey: … }");
  }
  if (is_public(config) && config.tls.enabled() && !config.tls.required) {
    smell("tls.required is false: who writes http:// by mistake sends credentials in clear text",
          "tls: { required: true }");
  }
  if (!config::is_loopback_address(config.admin.listen)) {
    smell("admin.listen is reachable from other machines: /metrics needs no token there",
          "admin: { listen: \"127.0.0.1:9464\" }, or a firewall");
  }
  if (config.dev_issuer) {
    smell("devIssuer.enabled: who reaches the admin port mints tokens for anybody",
          "devIssuer: { enabled: false }");
  }
  if (config.outbound.allow_link_local) {
    smell("outbound.allowLinkLocal: requests may reach a cloud's metadata service",
          "outbound: { allowLinkLocal: false }");
  }
  if (config.log.level == "trace" || config.log.level == "debug") {
    smell("log.level " + config.log.level + " writes a line for each operation",
          "log: { level: info }; for a while: PUT /v1/log-level on the admin port");
  }
  if (config.drain_timeout > kLongestDrain) {
    smell("drainTimeout is longer than the unit and compose.yaml wait before they kill (30 s)",
          "systemctl edit eventsd, [Service] TimeoutStopSec=; stop_grace_period in compose.yaml; "
          "terminationGracePeriodSeconds in Kubernetes");
  }
  if (config.limits.keep_alive_interval >= config.limits.connection_timeout) {
    smell("limits.keepAliveInterval is not shorter than connectionTimeout: idle clients give up",
          "limits: { keepAliveInterval: 60s, connectionTimeout: 300s }");
  }
  for (const ApiConfig& api : config.apis) {
    for (const ApiKeyConfig& key : api.api_keys) {
      if (!key.expires || *key.expires > now + kSoon) continue;
      const std::string which = fmt::format(
          "{}:{}: API key {}", key.place.file, key.place.line,
          key.description.empty() ? "without a description" : '"' + key.description + '"');
      smell(which + (*key.expires <= now ? " has expired" : " expires within 14 days"),
            "eventsd api-key create, or a later `expires`");
    }
  }
  if (findings.empty()) {
    findings.push_back({Severity::ok, "configuration",
                        config.file.empty() ? "no file, defaults" : config.file + ": nothing odd",
                        ""});
  }
  return findings;
}

}  // namespace eventsd::app
