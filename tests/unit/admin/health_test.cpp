#include "admin/health.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using admin_test::ask;
using nlohmann::json;

class HealthRoutes : public ::testing::Test {
 protected:
  Health health_;
  server::HttpRouter router_{health_routes([this] { return health_; })};
};

TEST_F(HealthRoutes, AreReadyWhenNothingIsWrong) {
  const server::HttpResponse response = ask(router_, "GET", "/health/ready");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"status":"ready"})"));
}

TEST_F(HealthRoutes, AreNotReadyForAReason) {
  health_.unavailable = {"draining"};
  const server::HttpResponse response = ask(router_, "GET", "/health/ready");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(json::parse(response.body),
            json::parse(R"({"status":"unavailable","reasons":["draining"]})"));
}

TEST_F(HealthRoutes, AreReadyThoughDegradedOnAFullDisk) {
  health_.degraded = {"disk full"};
  const server::HttpResponse response = ask(router_, "GET", "/health/ready");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["degraded"], json::parse(R"(["disk full"])"));
}

TEST_F(HealthRoutes, AreLiveWhateverIsUnavailable) {
  health_.unavailable = {"database damaged"};
  EXPECT_EQ(ask(router_, "GET", "/health/live").status, 200);
}

TEST_F(HealthRoutes, SayReasonsThatAreNotUtf8AsWellAsTheyCan) {
  health_.unavailable = {"\xff"};
  EXPECT_TRUE(json::accept(ask(router_, "GET", "/health/ready").body));
}

}  // namespace
}  // namespace eventsd::admin
