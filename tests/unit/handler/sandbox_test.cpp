// The sandbox from inside: a program of its own closes it and tries to get out.
#include "handler/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <sstream>

#include "handler/spawn.hpp"

namespace eventsd::handler {
namespace {

using ::testing::StartsWith;

constexpr bool kSanitized =
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    true;
#else
    false;
#endif

// What the probe said, by the first word of the line.
class Probe {
 public:
  Probe() {
    const auto worker = spawn_worker(EVENTSD_PROBE, {});
    EXPECT_TRUE(worker) << worker.error().message;
    if (!worker) return;
    std::string text;
    std::array<char, 4096> bytes;
    for (ssize_t got = 0; (got = ::recv(worker->socket, bytes.data(), bytes.size(), 0)) > 0;) {
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    ::close(worker->socket);
    how_ended = end_worker(worker->pid);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t space = line.find(' ');
      said[line.substr(0, space)] = space == std::string::npos ? "" : line.substr(space + 1);
    }
  }
  std::map<std::string, std::string> said;
  std::string how_ended;
};

TEST(Sandbox, LeavesMemoryClocksAndRandomness) {
  Probe probe;
  EXPECT_EQ(probe.said["closed"], "");
  for (const char* name : {"cpu_clock", "random", "memory"}) {
    EXPECT_EQ(probe.said[name], "allowed") << name;
  }
  EXPECT_TRUE(probe.said.contains("end"));
}

TEST(Sandbox, StartsWithoutEnvironmentAndWithTheSocketAlone) {
  ::setenv("EVENTSD_TEST_SECRET", "hunter2", 1);
  const int leaked = ::dup(2);  // without close-on-exec
  Probe probe;
  ::close(leaked);
  ::unsetenv("EVENTSD_TEST_SECRET");
  EXPECT_EQ(probe.said["environment"], "0");
  EXPECT_EQ(probe.said["descriptors"], kSanitized ? "0 2" : "0");
}

TEST(Sandbox, RefusesFilesNetworkProcessesAndExecutablePages) {
  Probe probe;
  for (const char* name :
       {"open",     "open_self",   "create",     "socket",        "connect",   "send_elsewhere",
        "sendmsg",  "recvmsg",     "dup",        "exec",          "fork",      "clone3",
        "ptrace",   "kill_parent", "process_vm", "mprotect_exec", "mmap_exec", "setrlimit",
        "io_uring", "bpf",         "unshare"}) {
    EXPECT_EQ(probe.said[name], "refused Operation not permitted") << name;
  }
}

TEST(Sandbox, CapsTheAddressSpace) {
  Probe probe;
  EXPECT_THAT(probe.said["address_space"], StartsWith(kSanitized ? "allowed" : "refused"));
}

}  // namespace
}  // namespace eventsd::handler
