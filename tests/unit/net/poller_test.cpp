// Readiness of sockets, told once for every wait.
#include "net/poller.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

namespace eventsd::net {
namespace {

// One end is watched, the other is the test's.
struct Pair {
  explicit Pair(Poller& poller) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    watch = std::make_unique<Poller::Watch>(poller, ends[0]);
    near = ends[0];
    far = ends[1];
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    watch.reset();
    ::close(near);
    if (far >= 0) ::close(far);
  }
  void await_readable() {
    watch->await_readable([](void* self) { ++static_cast<Pair*>(self)->readable; }, this);
  }
  void await_writable() {
    watch->await_writable([](void* self) { ++static_cast<Pair*>(self)->writable; }, this);
  }
  void send() { EXPECT_EQ(::send(far, "x", 1, MSG_NOSIGNAL), 1); }
  void hang_up() { ::close(std::exchange(far, -1)); }

  std::unique_ptr<Poller::Watch> watch;
  int near = -1;
  int far = -1;
  int readable = 0;
  int writable = 0;
};

class PollerTest : public ::testing::Test {
 protected:
  // The number of handlers that ran until nothing was left to do.
  std::size_t pump() {
    std::size_t total = 0;
    for (std::size_t ran = 1; ran > 0 && total < 1000; total += ran) {
      io_.restart();
      ran = io_.poll();
    }
    EXPECT_LT(total, 1000u) << "it spins";
    return total;
  }
  boost::asio::io_context io_;
  Poller poller_{io_};
};

TEST_F(PollerTest, TellsWhatIsThereAlreadyAndWhatComes) {
  Pair pair(poller_);
  pair.send();
  pair.await_readable();
  pump();
  EXPECT_EQ(pair.readable, 1);
  pair.await_readable();  // nothing was read
  pump();
  EXPECT_EQ(pair.readable, 2);
  Pair other(poller_);
  other.await_readable();
  pump();
  EXPECT_EQ(other.readable, 0);
  other.send();
  pump();
  EXPECT_EQ(other.readable, 1);
}

TEST_F(PollerTest, TellsEachWaitOnce) {
  Pair pair(poller_);
  pair.await_readable();
  pair.await_writable();
  pump();
  EXPECT_EQ(pair.writable, 1);
  pair.send();
  pump();
  pump();
  EXPECT_EQ(pair.readable, 1);
  EXPECT_EQ(pair.writable, 1);
}

TEST_F(PollerTest, IsSilentAboutWhatNobodyWaitsFor) {
  Pair pair(poller_);
  pair.send();
  pair.await_readable();
  pair.watch->forget();
  EXPECT_LT(pump(), 10u);
  EXPECT_EQ(pair.readable, 0);
  pair.hang_up();
  EXPECT_LT(pump(), 10u);  // a failure cannot be masked
  pair.await_readable();
  pump();
  EXPECT_EQ(pair.readable, 1);
}

TEST_F(PollerTest, TellsBothWaitsOfAFailure) {
  Pair pair(poller_);
  pair.await_readable();
  pair.hang_up();
  pump();
  EXPECT_EQ(pair.readable, 1);
}

// Whichever is told first ends all the others.
TEST_F(PollerTest, LetsACallbackEndOtherWatches) {
  struct World {
    std::vector<std::unique_ptr<Pair>> pairs;
    int told = 0;
  } world;
  for (int i = 0; i < 10; ++i) {
    auto& pair = *world.pairs.emplace_back(std::make_unique<Pair>(poller_));
    pair.send();
    pair.watch->await_readable(
        [](void* self) {
          auto& all = *static_cast<World*>(self);
          ++all.told;
          all.pairs.clear();
        },
        &world);
  }
  pump();
  EXPECT_EQ(world.told, 1);
}

// A closed socket leaves by being closed; the next one gets its number, and not its events.
TEST_F(PollerTest, TellsASocketNothingOfTheOneWhoseNumberItHas) {
  struct World {
    Poller& poller;
    std::unique_ptr<Pair> doomed;
    std::unique_ptr<Pair> next;
    int told = 0;
  } world{poller_, std::make_unique<Pair>(poller_), nullptr, 0};
  Pair first(poller_);
  const Poller::Ready replace = [](void* self) {
    auto& all = *static_cast<World*>(self);
    if (++all.told > 1) return;
    const int number = all.doomed->near;
    all.doomed->watch->closes();
    all.doomed.reset();
    all.next = std::make_unique<Pair>(all.poller);
    EXPECT_TRUE(all.next->near == number || all.next->far == number);
    all.next->await_readable();
  };
  // Whichever is told first replaces the second pair.
  first.send();
  world.doomed->send();
  first.watch->await_readable(replace, &world);
  world.doomed->watch->await_readable(replace, &world);
  pump();
  ASSERT_TRUE(world.next);
  EXPECT_EQ(world.next->readable, 0);
  world.next->send();
  pump();
  EXPECT_EQ(world.next->readable, 1);
}

struct CountingTurn final : Poller::Turn {
  void begin() noexcept override { ++begun; }
  void end() override { ++ended; }
  int begun = 0;
  int ended = 0;
};

TEST_F(PollerTest, EndsEveryTurnThatItBegins) {
  CountingTurn turn;
  Poller poller(io_, &turn);
  Pair pair(poller);
  pair.send();
  pair.await_readable();
  pump();
  const int before = turn.begun;
  EXPECT_GE(before, 1);
  EXPECT_EQ(turn.ended, before);
  pair.watch->await_readable([](void*) { throw std::runtime_error("no"); }, nullptr);
  EXPECT_THROW(pump(), std::runtime_error);
  EXPECT_EQ(turn.begun, before + 1);
  EXPECT_EQ(turn.ended, before + 1);
}

TEST_F(PollerTest, GoesOnAfterACallbackThatThrows) {
  Pair bad(poller_);
  Pair good(poller_);
  bad.send();
  good.send();
  bad.watch->await_readable([](void*) { throw std::runtime_error("no"); }, nullptr);
  good.await_readable();
  for (int failures = 0;; ++failures) {
    ASSERT_LE(failures, 1);
    try {
      pump();
      break;
    } catch (const std::runtime_error&) {
    }
  }
  EXPECT_EQ(good.readable, 1);
}

TEST_F(PollerTest, TellsManyMoreThanOneBatch) {
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < 400; ++i) {
    pairs.push_back(std::make_unique<Pair>(poller_));
    pairs.back()->send();
    pairs.back()->await_readable();
  }
  pump();
  for (const auto& pair : pairs) EXPECT_EQ(pair->readable, 1);
}

}  // namespace
}  // namespace eventsd::net
