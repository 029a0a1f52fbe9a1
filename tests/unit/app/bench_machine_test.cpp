#include "app/bench_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "unit/net/support/scripted_server.hpp"

namespace eventsd::app::bench {
namespace {

using ::testing::HasSubstr;

constexpr pid_t kNoProcess = (1 << 22) + 1;  // above the kernel's largest

// What resident_bytes() makes of a metrics page.
Result<std::uint64_t> resident_bytes_of(const std::string& page) {
  boost::asio::io_context context{1};
  test::ScriptedServer server(context, "HTTP/1.1 200 OK\r\nContent-Length: " +
                                           std::to_string(page.size()) + "\r\n\r\n" + page);
  const std::string url = server.url("/").text();
  std::thread thread([&context] { context.run(); });
  auto result = resident_bytes(url, "");
  context.stop();
  thread.join();
  return result;
}

TEST(BenchMachine, ReadsTheMemoryAndTimeOfAProcess) {
  const auto bytes = resident_bytes(::getpid());
  ASSERT_TRUE(bytes);
  EXPECT_GT(*bytes, 100'000u);
  const auto time = cpu_time(::getpid());
  ASSERT_TRUE(time);
  EXPECT_GT(time->count(), 0);
}

TEST(BenchMachine, AProcessThatIsNotThereIsNamed) {
  EXPECT_THAT(resident_bytes(kNoProcess).error().message,
              HasSubstr("process " + std::to_string(kNoProcess)));
  EXPECT_THAT(cpu_time(kNoProcess).error().message, HasSubstr("--pid"));
}

TEST(BenchMachine, FindsTheMemoryInAMetricsPage) {
  const auto bytes = resident_bytes_of(
      "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 1.5e+07\nx 1\n");
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, 15'000'000u);
}

TEST(BenchMachine, AMetricsPageWithoutItLeadsToThePid) {
  const auto bytes = resident_bytes_of("eventsd_connections_active 3\n");
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().message, HasSubstr("give --pid instead"));
}

TEST(BenchMachine, RoomForFewConnectionsIsThere) { EXPECT_TRUE(make_room_for(1)); }

TEST(BenchMachine, RoomThatCannotBeMadeSaysHowToRaiseTheLimit) {
  const auto room = make_room_for(100'000'000);
  ASSERT_FALSE(room);
  EXPECT_THAT(room.error().message, HasSubstr("LimitNOFILE="));
}

}  // namespace
}  // namespace eventsd::app::bench
