#include "app/handler_logger.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

namespace eventsd::app {
namespace {

TEST(HandlerLogger, TellsWhereALineOfTheConsoleCameFrom) {
  const admin::HandlerLine line = read_handler_line(
      "console ns=chat handler=onPublish.request at=my code.js:3:5 request=r-1 text=\"a ns=b\"");
  EXPECT_EQ(line.channel_namespace, "chat");
  EXPECT_EQ(line.function, "onPublish.request");
  EXPECT_EQ(line.request_id, "r-1");
  EXPECT_EQ(line.text, "\"a ns=b\"   (my code.js:3:5)");
}

TEST(HandlerLogger, KeepsWhatKindOfFailureItIs) {
  const admin::HandlerLine line = read_handler_line(
      "a handler failed ns=chat handler=onPublish request=r-1 err=\"TypeError: request=x\"");
  EXPECT_EQ(line.channel_namespace, "chat");
  EXPECT_EQ(line.request_id, "r-1");
  EXPECT_EQ(line.text, "a handler failed err=\"TypeError: request=x\"");
}

TEST(HandlerLogger, ShowsALineOfAnotherFormWhole) {
  const admin::HandlerLine line = read_handler_line("a worker has ended pid=7");
  EXPECT_EQ(line.text, "a worker has ended pid=7");
  EXPECT_TRUE(line.channel_namespace.empty());
}

TEST(HandlerLogger, PassesLinesOfTheLevelOnUntilItIsStopped) {
  std::vector<std::function<void()>> posted;
  admin::HandlerLog log([&](std::function<void()> work) { posted.push_back(std::move(work)); });
  start_handler_logger(log);
  const auto logger = spdlog::get("handler");
  ASSERT_TRUE(logger);
  logger->set_level(spdlog::level::info);
  logger->error("a handler failed ns=a handler=onPublish request=r err=\"x\"");
  logger->debug("console ns=a handler=onPublish.request at=c:1:1 request=r text=hidden");
  for (auto& work : posted) work();
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_EQ(log.lines().front().level, admin::HandlerLine::Level::error);
  EXPECT_EQ(log.lines().front().channel_namespace, "a");
  stop_handler_logger();
  EXPECT_FALSE(spdlog::get("handler"));
}

}  // namespace
}  // namespace eventsd::app
