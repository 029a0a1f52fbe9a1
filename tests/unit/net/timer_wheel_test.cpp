#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace eventsd::net {
namespace {

using std::chrono::milliseconds;
using Clock = TimerWheel::Clock;

// One deadline, with what happens at it. `fired` counts.
struct Alarm {
  explicit Alarm(std::function<void()> what = {}) : action(std::move(what)) {}
  static void fire(void* self) {
    Alarm& alarm = *static_cast<Alarm*>(self);
    ++alarm.fired;
    if (alarm.action) alarm.action();
  }
  std::function<void()> action;
  int fired = 0;
  TimerEntry entry{&Alarm::fire, this};
};

class TimerWheelTest : public ::testing::Test {
 protected:
  // Virtual time: what the wheel is told to be now. It begins when the test does; arm() measures
  // from the real clock, which is behind by nothing or ahead by the test's own run time.
  void advance_to(milliseconds since_start) { wheel_.advance(start_ + since_start); }
  // So much may arm() be late because of the real clock; a loaded machine is no fault.
  static constexpr milliseconds kSlack{5000};

  boost::asio::io_context io_;
  TimerWheel wheel_{io_};
  Clock::time_point start_ = Clock::now();
};

TEST_F(TimerWheelTest, FiresNeverEarly) {
  Alarm alarm;
  wheel_.arm(alarm.entry, milliseconds(100));
  advance_to(milliseconds(99));
  EXPECT_EQ(alarm.fired, 0);
  EXPECT_TRUE(alarm.entry.armed());
  advance_to(milliseconds(100) + kSlack);
  EXPECT_EQ(alarm.fired, 1);
  EXPECT_FALSE(alarm.entry.armed());
}

TEST_F(TimerWheelTest, FiresOnce) {
  Alarm alarm;
  wheel_.arm(alarm.entry, milliseconds(20));
  advance_to(kSlack);
  advance_to(2 * kSlack);
  EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerWheelTest, ForgetsWhatIsDisarmedOrDestroyed) {
  Alarm disarmed;
  wheel_.arm(disarmed.entry, milliseconds(20));
  disarmed.entry.disarm();
  {
    Alarm destroyed;
    wheel_.arm(destroyed.entry, milliseconds(20));
  }
  advance_to(kSlack);
  EXPECT_EQ(disarmed.fired, 0);
}

TEST_F(TimerWheelTest, MovesADeadlineThatIsArmedAgain) {
  Alarm alarm;
  wheel_.arm(alarm.entry, milliseconds(20));
  wheel_.arm(alarm.entry, milliseconds(60'000));
  advance_to(milliseconds(59'999));
  EXPECT_EQ(alarm.fired, 0);
  advance_to(milliseconds(60'000) + kSlack);
  EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerWheelTest, KeepsLongDeadlinesForSeveralTurns) {
  Alarm alarm;
  wheel_.arm(alarm.entry, milliseconds(100'000));  // five turns of 20.48 s
  for (int second = 1; second < 100; ++second) {
    advance_to(milliseconds(1000 * second));
    ASSERT_EQ(alarm.fired, 0) << second;
  }
  advance_to(milliseconds(100'000) + kSlack);
  EXPECT_EQ(alarm.fired, 1);
}

TEST_F(TimerWheelTest, FindsEverythingDueAfterALongPause) {
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 200; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    wheel_.arm(alarms.back()->entry, milliseconds(977 * i));
  }
  advance_to(milliseconds(977 * 200) + kSlack);
  for (const auto& alarm : alarms) EXPECT_EQ(alarm->fired, 1);
}

TEST_F(TimerWheelTest, LetsACallbackArmItsOwnEntryAgain) {
  Alarm alarm;
  alarm.action = [&] { wheel_.arm(alarm.entry, milliseconds(0)); };
  wheel_.arm(alarm.entry, milliseconds(0));
  advance_to(kSlack);
  EXPECT_EQ(alarm.fired, 1);  // again, but not in the same round
  EXPECT_TRUE(alarm.entry.armed());
  advance_to(kSlack + 2 * TimerWheel::kTick);
  EXPECT_EQ(alarm.fired, 2);
  alarm.entry.disarm();
}

TEST_F(TimerWheelTest, LetsACallbackDisarmAnotherThatIsDue) {
  Alarm second;
  Alarm third;
  Alarm first([&] { second.entry.disarm(); });
  for (Alarm* alarm : {&first, &second, &third}) wheel_.arm(alarm->entry, milliseconds(500));
  advance_to(kSlack);
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(second.fired, 0);
  EXPECT_EQ(third.fired, 1);
}

TEST_F(TimerWheelTest, LetsACallbackPostponeAnotherThatIsDue) {
  Alarm second;
  Alarm first([&] { wheel_.arm(second.entry, milliseconds(60'000)); });
  wheel_.arm(first.entry, milliseconds(500));
  wheel_.arm(second.entry, milliseconds(500));
  advance_to(kSlack);
  EXPECT_EQ(second.fired, 0);
  advance_to(milliseconds(60'000) + kSlack);
  EXPECT_EQ(second.fired, 1);
}

TEST_F(TimerWheelTest, LetsACallbackDestroyItsOwnerAndOthers) {
  auto second = std::make_unique<Alarm>();
  std::unique_ptr<Alarm> first;
  first = std::make_unique<Alarm>();
  first->action = [&first, &second] {
    second.reset();
    const auto last = std::move(first);  // the callback's own captures go with it
  };
  wheel_.arm(first->entry, milliseconds(100));
  wheel_.arm(second->entry, milliseconds(100));
  advance_to(kSlack);
  EXPECT_EQ(first, nullptr);
  EXPECT_EQ(second, nullptr);
}

TEST_F(TimerWheelTest, IgnoresATimeBeforeTheLast) {
  Alarm alarm;
  advance_to(kSlack);
  wheel_.arm(alarm.entry, milliseconds(0));
  wheel_.advance(start_);
  EXPECT_EQ(alarm.fired, 0);
  advance_to(2 * kSlack);
  EXPECT_EQ(alarm.fired, 1);
}

// The wheel's own timer, on the real clock: no deadline is lost, none is early.
TEST_F(TimerWheelTest, RunsByItself) {
  Alarm late;
  Alarm early([&] { wheel_.arm(late.entry, milliseconds(0)); });
  wheel_.arm(late.entry, milliseconds(60'000));
  wheel_.arm(early.entry, milliseconds(1));
  while (late.fired == 0) ASSERT_GT(io_.run_one(), 0u);
  EXPECT_GE(Clock::now() - start_, milliseconds(1));
  EXPECT_EQ(early.fired, 1);
}

TEST_F(TimerWheelTest, LetsTheLoopEndWhenNothingIsArmed) {
  Alarm alarm;
  wheel_.arm(alarm.entry, milliseconds(1));
  io_.run();
  EXPECT_EQ(alarm.fired, 1);
}

// Against a plain list of deadlines, with random arming, disarming and jumps of time.
TEST_F(TimerWheelTest, AgreesWithAPlainListOfDeadlines) {
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Alarm>> alarms(40);
  std::vector<milliseconds> due(alarms.size(), milliseconds::max());  // since start
  for (auto& alarm : alarms) alarm = std::make_unique<Alarm>();
  milliseconds now{0};
  for (int step = 0; step < 3000; ++step) {
    const std::size_t i = random() % alarms.size();
    if (random() % 4 == 0) {
      alarms[i]->entry.disarm();
      due[i] = milliseconds::max();
    } else {
      // arm() counts from the real clock, so the virtual distance goes on top.
      const milliseconds delay = now + milliseconds(random() % 80'000);
      wheel_.arm(alarms[i]->entry, delay);
      due[i] = delay;
    }
    now += milliseconds(random() % 500);
    advance_to(now);
    for (std::size_t k = 0; k < alarms.size(); ++k) {
      const bool fired = due[k] != milliseconds::max() && !alarms[k]->entry.armed();
      if (fired) ASSERT_GE(now, due[k]);
      if (due[k] != milliseconds::max() && now >= due[k] + kSlack + 2 * TimerWheel::kTick) {
        ASSERT_TRUE(fired);
      }
      if (fired) due[k] = milliseconds::max();
    }
  }
}

}  // namespace
}  // namespace eventsd::net
