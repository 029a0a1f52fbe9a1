// The load client: eventsd_load SCENARIO --url URL --api-key KEY [options]. See `--help`.
#include "load.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>

namespace bench {
namespace {

constexpr const char* kHelp =
    R"(usage: eventsd_load fanout|publish|connect|idle --url URL --api-key KEY [options]

  fanout   one publisher to many subscribers; CPU of the server per delivered frame
  publish  acknowledged publishes a second, over WebSocket or (--http) HTTP keep-alive
  connect  upgrade, connection_init, connection_ack, subscribe; connections a second
  idle     resident bytes of the server per idle subscribed connection

  --pid PID            the server's process: its CPU time and memory are measured
  --channel PATH       default /default/bench
  --connect-credentials JSON, --credentials JSON
                       objects of credentials instead of the key: the upgrade's, and the others'
  --subscribers N      connections that subscribe (fanout 1000, publish 1)
  --subscriptions N    per connection (1)      --channels N   spread over so many channels (1)
  --wildcard-share X   part of the subscriptions that use a wildcard (0)
  --publishers N       connections that publish (publish; 1)
  --in-flight N        publishes under way, per publisher (1)
  --batch N            events a publish (1)    --event-size BYTES  (100)
  --publishes N        measured publishes in all (2000)
  --connections N      connect: in all; idle: first size (2000)
  --connections-high N idle: second size (18000)
  --parallel N         connect: under way at once (64)
  --http               publish over HTTP       --upgrade-only  connect: stop after the upgrade
  --timeout SECONDS    (120)                   --json          one JSON object on stdout
)";

struct Flags {
  LoadOptions options;
  bool json = false;
};

Flags parse(int argc, char** argv) {
  Flags flags;
  LoadOptions& o = flags.options;
  std::string url, key, connect_credentials, credentials;
  const auto number = [](std::size_t& into) {
    return [&into](const char* text) { into = std::stoull(text); };
  };
  const std::map<std::string_view, std::function<void(const char*)>> values = {
      {"--url", [&](const char* v) { url = v; }},
      {"--api-key", [&](const char* v) { key = v; }},
      {"--connect-credentials", [&](const char* v) { connect_credentials = v; }},
      {"--credentials", [&](const char* v) { credentials = v; }},
      {"--pid", [&](const char* v) { o.pid = std::stoi(v); }},
      {"--channel", [&](const char* v) { o.channel = v; }},
      {"--subscribers", number(o.subscribers)},
      {"--subscriptions", number(o.subscriptions)},
      {"--channels", number(o.channels)},
      {"--wildcard-share", [&](const char* v) { o.wildcard_share = std::stod(v); }},
      {"--publishers", number(o.publishers)},
      {"--in-flight", number(o.in_flight)},
      {"--batch", number(o.batch)},
      {"--event-size", number(o.event_size)},
      {"--publishes", number(o.publishes)},
      {"--connections", number(o.connections)},
      {"--connections-high", number(o.connections_high)},
      {"--parallel", number(o.parallel)},
      {"--timeout", [&](const char* v) { o.timeout_seconds = std::stoi(v); }},
  };
  const std::map<std::string_view, bool*> switches = {
      {"--http", &o.http}, {"--upgrade-only", &o.upgrade_only}, {"--json", &flags.json}};
  if (std::string_view(argv[1]) == "publish") o.subscribers = 1;
  for (int i = 2; i < argc; ++i) {
    if (const auto found = switches.find(argv[i]); found != switches.end()) {
      *found->second = true;
    } else if (const auto value = values.find(argv[i]); value != values.end() && i + 1 < argc) {
      value->second(argv[++i]);
    } else {
      throw std::invalid_argument(std::string("unknown option or no value: ") + argv[i]);
    }
  }
  o.target = Target::parse(url, key);
  o.target.connect_credentials = connect_credentials;
  o.target.credentials = credentials;
  if (o.event_size < 10) throw std::invalid_argument("--event-size is at least 10");
  return flags;
}

}  // namespace

std::string make_event(std::uint64_t sequence, std::size_t size) {
  char digits[16];
  snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(sequence));
  // An object where it fits, because quotes inside an event are what a server has to escape.
  constexpr std::size_t kObject = std::char_traits<char>::length(R"({"n":"12345678","text":""})");
  if (size < kObject) {
    return R"("\")" + std::string(digits) + std::string(size - 10, 'x') + R"(\"")";
  }
  return R"("{\"n\":\")" + std::string(digits) + R"(\",\"text\":\")" +
         std::string(size - kObject, 'x') + R"(\"}")";
}

std::uint64_t event_sequence(std::string_view frame) {
  constexpr std::string_view kKey = R"("event":)";
  const std::size_t at = frame.find(kKey);
  if (at != std::string_view::npos) {
    const std::size_t start = frame.find_first_of("0123456789", at + kKey.size());
    if (start != std::string_view::npos && start + 8 <= frame.size()) {
      std::uint64_t sequence = 0;
      for (std::size_t i = start; i < start + 8; ++i) {
        sequence = sequence * 10 + static_cast<std::uint64_t>(frame[i] - '0');
      }
      return sequence;
    }
  }
  throw LoadFailure("unexpected frame: " + std::string(frame.substr(0, 300)));
}

}  // namespace bench

int main(int argc, char** argv) {
  using bench::LoadOptions;
  using bench::Report;
  constexpr std::array<std::pair<std::string_view, Report (*)(const LoadOptions&)>, 4> kScenarios{{
      {"fanout", bench::run_fanout},
      {"publish", bench::run_publish},
      {"connect", bench::run_connect},
      {"idle", bench::run_idle},
  }};
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  for (const auto& [name, run] : kScenarios) {
    if (argc < 2 || name != argv[1]) continue;
    try {
      const bench::Flags flags = bench::parse(argc, argv);
      const Report report = run(flags.options);
      if (flags.json) {
        report.print_json();
      } else {
        printf("%s\n", argv[1]);
        report.print_table();
      }
      return 0;
    } catch (const std::invalid_argument& error) {
      fprintf(stderr, "eventsd_load: %s\n", error.what());
      return 2;
    } catch (const std::exception& error) {
      fprintf(stderr, "eventsd_load: %s: %s\n", argv[1], error.what());
      return 1;
    }
  }
  fputs(bench::kHelp, argc >= 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
  return argc >= 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
}
