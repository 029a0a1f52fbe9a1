#include "app/service_notify.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

// An environment variable for the time of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

// A supervisor's datagram socket. A leading '@' makes the name an abstract one.
class Supervisor {
 public:
  explicit Supervisor(std::string name) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;
  ~Supervisor() { ::close(socket_); }

  // The next datagram; empty when there is none.
  std::string heard() {
    std::array<char, 256> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
  }

 private:
  int socket_;
};

TEST(NotifySupervisor, SendsOneDatagramToTheSocketThatIsNamed) {
  test::TempDir temp;
  Supervisor supervisor(temp.path("notify"));
  const Variable variable("NOTIFY_SOCKET", temp.path("notify"));
  notify_supervisor("READY=1\nSTATUS=1 connection");
  EXPECT_EQ(supervisor.heard(), "READY=1\nSTATUS=1 connection");
  EXPECT_EQ(supervisor.heard(), "");
}

TEST(NotifySupervisor, KnowsAbstractNames) {
  const std::string name = "@eventsd-test-" + std::to_string(::getpid());
  Supervisor supervisor(name);
  const Variable variable("NOTIFY_SOCKET", name);
  notify_supervisor("WATCHDOG=1");
  EXPECT_EQ(supervisor.heard(), "WATCHDOG=1");
}

TEST(NotifySupervisor, DoesNothingWithoutAnybodyToTell) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_supervisor("READY=1");
  for (const std::string& path : {std::string("/no/such/socket"), std::string("relative"),
                                  std::string(), "/" + std::string(200, 'x')}) {
    const Variable variable("NOTIFY_SOCKET", path);
    notify_supervisor("READY=1");
  }
}

TEST(WatchdogInterval, IsHalfOfWhatTheSupervisorAllows) {
  const Variable variable("WATCHDOG_USEC", "30000000");
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
  const Variable ours("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
}

TEST(WatchdogInterval, IsAbsentWhenNobodyWatchesThisProcess) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  for (const char* value : {"", "0", "-1", "soon"}) {
    const Variable variable("WATCHDOG_USEC", value);
    EXPECT_EQ(watchdog_interval(), std::nullopt) << value;
  }
  const Variable variable("WATCHDOG_USEC", "30000000");
  const Variable others("WATCHDOG_PID", "1");
  EXPECT_EQ(watchdog_interval(), std::nullopt);
}

TEST(InheritedSockets, AreThoseBehindTheThirdDescriptor) {
  const Variable pid("LISTEN_PID", std::to_string(::getpid()));
  const Variable count("LISTEN_FDS", "2");
  EXPECT_EQ(inherited_sockets(), (std::vector<int>{3, 4}));
}

TEST(InheritedSockets, AreNoneForAnotherProcess) {
  const Variable count("LISTEN_FDS", "2");
  EXPECT_TRUE(inherited_sockets().empty());
  const Variable pid("LISTEN_PID", "1");
  EXPECT_TRUE(inherited_sockets().empty());
}

}  // namespace
}  // namespace eventsd::app
