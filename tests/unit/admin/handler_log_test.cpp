#include "admin/handler_log.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace eventsd::admin {
namespace {

class HandlerLogTest : public ::testing::Test {
 protected:
  void run_posted() {
    for (auto& work : std::exchange(posted_, {})) work();
  }
  void say(std::string text) {
    HandlerLine line;
    line.text = std::move(text);
    log_.add(std::move(line));
  }
  std::vector<std::function<void()>> posted_;
  HandlerLog log_{[this](std::function<void()> work) { posted_.push_back(std::move(work)); }};
};

TEST_F(HandlerLogTest, KeepsTheNewestFirst) {
  for (std::size_t i = 0; i <= HandlerLog::kKept; ++i) {
    say(std::to_string(i));
    run_posted();
  }
  ASSERT_EQ(log_.lines().size(), HandlerLog::kKept);
  EXPECT_EQ(log_.lines().front().text, std::to_string(HandlerLog::kKept));
  EXPECT_EQ(log_.lines().back().text, "1");
}

TEST_F(HandlerLogTest, OnlyCountsWhatComesInAFlood) {
  for (int i = 0; i < HandlerLog::kMaxPosted + 7; ++i) say("x");
  EXPECT_EQ(log_.not_kept(), 7u);
  run_posted();
  say("y");
  EXPECT_EQ(log_.not_kept(), 7u);
}

TEST_F(HandlerLogTest, CutsLongLines) {
  say(std::string(2 * HandlerLog::kMaxText, 'x'));
  run_posted();
  EXPECT_EQ(log_.lines().front().text.size(), HandlerLog::kMaxText);
}

}  // namespace
}  // namespace eventsd::admin
