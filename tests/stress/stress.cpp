// The stress client: eventsd_stress SCENARIO --url URL --api-key KEY [options]; run.py starts
// servers for it. Prints what failed and "N passed, N failed"; exit 0 when nothing failed.
#include <signal.h>
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "scenario.hpp"

namespace stress {
namespace {

constexpr const char* kHelp =
    "usage: eventsd_stress mixed|replay|crash-round|crash-check --url URL --api-key KEY\n"
    "  [--seed N] [--seconds N] [--patience SECONDS] [--tail required|free] [--slow-readers "
    "required|free] [--backlog-mib N]\n"
    "  [--pid PID --kill-after-ms N] [--state FILE]\n";

StressOptions parse(int argc, char** argv) {
  StressOptions o;
  std::string url, key;
  const std::map<std::string, std::function<void(const std::string&)>> values = {
      {"--url", [&](const std::string& v) { url = v; }},
      {"--api-key", [&](const std::string& v) { key = v; }},
      {"--seed", [&](const std::string& v) { o.seed = std::stoull(v); }},
      {"--seconds", [&](const std::string& v) { o.seconds = std::stoi(v); }},
      {"--patience", [&](const std::string& v) { o.patience = std::stoi(v); }},
      {"--slow-readers", [&](const std::string& v) { o.slow_readers_required = v != "free"; }},
      {"--tail", [&](const std::string& v) { o.tail = v == "free" ? Tail::free : Tail::required; }},
      {"--backlog-mib", [&](const std::string& v) { o.backlog_mebibytes = std::stoi(v); }},
      {"--pid", [&](const std::string& v) { o.pid = std::stoi(v); }},
      {"--kill-after-ms", [&](const std::string& v) { o.kill_after_ms = std::stoi(v); }},
      {"--state", [&](const std::string& v) { o.state = v; }},
  };
  for (int i = 2; i < argc; ++i) {
    const auto found = values.find(argv[i]);
    if (found == values.end() || i + 1 == argc) {
      throw std::invalid_argument(std::string("unknown option or no value: ") + argv[i]);
    }
    found->second(argv[++i]);
  }
  o.target = bench::Target::parse(url, key);
  return o;
}

}  // namespace
}  // namespace stress

int main(int argc, char** argv) {
  const std::map<std::string, void (*)(const stress::StressOptions&, stress::Verdict&)> scenarios =
      {
          {"mixed", stress::run_mixed},
          {"replay", stress::run_replay},
          {"crash-round", stress::run_crash_round},
          {"crash-check", stress::run_crash_check},
      };
  const auto found = argc < 2 ? scenarios.end() : scenarios.find(argv[1]);
  if (found == scenarios.end()) {
    fputs(stress::kHelp, stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, nullptr, _IOLBF, 0);
  stress::Verdict verdict;
  try {
    const stress::StressOptions options = stress::parse(argc, argv);
    if (found->first == "crash-round" && options.pid <= 1) {
      throw std::invalid_argument("crash-round needs --pid");
    }
    found->second(options, verdict);
  } catch (const std::invalid_argument& error) {
    fprintf(stderr, "eventsd_stress: %s\n%s", error.what(), stress::kHelp);
    return 2;
  } catch (const std::exception& error) {
    verdict.check(false, error.what());
  }
  printf("%zu passed, %zu failed\n", verdict.passed(), verdict.failed());
  return verdict.failed() == 0 && verdict.passed() > 0 ? 0 : 1;
}
