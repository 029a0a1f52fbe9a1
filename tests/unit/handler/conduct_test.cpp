#include "handler/conduct.hpp"

#include <gtest/gtest.h>

#include "handler/supervisor.hpp"

namespace eventsd::handler {
namespace {

using namespace std::chrono_literals;

TEST(Conduct, IsProvenByTheLatestCallThatEndedByItself) {
  Conduct conduct;
  EXPECT_FALSE(conduct.is_proven(1));
  conduct.call_ended(1, true);
  EXPECT_TRUE(conduct.is_proven(1));
  EXPECT_FALSE(conduct.is_proven(2));
  conduct.call_ended(1, false);
  EXPECT_FALSE(conduct.is_proven(1));
}

TEST(Conduct, ConfinesForATimeAndIsThenToBeProvenAnew) {
  Conduct conduct;
  const SteadyTime now{1h};
  conduct.call_ended(1, true);
  conduct.confine(1, now, Conduct::Reason::stopped);
  EXPECT_FALSE(conduct.is_proven(1));
  EXPECT_TRUE(conduct.is_confined(1, now + kConfined - 1ms));
  EXPECT_FALSE(conduct.is_confined(2, now));
  EXPECT_FALSE(conduct.is_confined(1, now + kConfined));
  conduct.confine(1, now + 30s, Conduct::Reason::made_room);
  EXPECT_TRUE(conduct.is_confined(1, now + kConfined)) << "each stop counts anew";
}

TEST(Conduct, WhoMadeRoomIsConfinedUntilACallIsQuick) {
  Conduct conduct;
  const SteadyTime now{1h};
  conduct.confine(1, now, Conduct::Reason::made_room);
  conduct.call_ended(1, false);
  EXPECT_TRUE(conduct.is_confined(1, now));
  conduct.call_ended(1, true);
  EXPECT_FALSE(conduct.is_confined(1, now));
}

TEST(Conduct, WhoWasStoppedIsConfinedWhateverFollows) {
  Conduct conduct;
  const SteadyTime now{1h};
  conduct.confine(1, now, Conduct::Reason::made_room);
  conduct.confine(1, now, Conduct::Reason::stopped);
  conduct.confine(1, now, Conduct::Reason::made_room);
  conduct.call_ended(1, true);
  EXPECT_TRUE(conduct.is_confined(1, now + kConfined - 1ms));
}

}  // namespace
}  // namespace eventsd::handler
