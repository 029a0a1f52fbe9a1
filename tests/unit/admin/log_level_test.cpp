#include "admin/log_level.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

class LogLevel : public ::testing::Test {
 protected:
  ~LogLevel() override { spdlog::set_level(before_); }
  const spdlog::level::level_enum before_ = spdlog::get_level();
  const server::HttpRouter router_{
      log_level_routes([](server::HttpFunction function) { return function; })};
};

TEST_F(LogLevel, IsToldAsTheConfigurationSpellsIt) {
  for (const char* level : {"trace", "debug", "info", "warn", "error"}) {
    const std::string body = std::string(R"({"level":")") + level + R"("})";
    const server::HttpResponse answer = admin_test::ask(router_, "PUT", "/v1/log-level", body);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(admin_test::ask(router_, "GET", "/v1/log-level").body, body);
  }
  EXPECT_EQ(spdlog::get_level(), spdlog::level::err);
}

TEST_F(LogLevel, StaysAsItIsWhenWhatIsAskedForIsNoLevel) {
  spdlog::set_level(spdlog::level::warn);
  for (const char* body : {"", "debug", "{}", R"({"level":"verbose"})", R"({"level":3})",
                           R"({"level":"info","more":1})", R"(["level"])"}) {
    const server::HttpResponse answer = admin_test::ask(router_, "PUT", "/v1/log-level", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(admin_test::header(answer, "x-amzn-ErrorType"), "BadRequestException");
    EXPECT_EQ(spdlog::get_level(), spdlog::level::warn);
  }
}

}  // namespace
}  // namespace eventsd::admin
