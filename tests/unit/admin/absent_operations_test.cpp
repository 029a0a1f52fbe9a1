#include "admin/absent_operations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/admin/support/asking.hpp"

namespace eventsd::admin {
namespace {

using admin_test::ask;
using admin_test::header;
using ::testing::HasSubstr;

server::HttpFunction open_to_all(std::string_view, server::HttpFunction function) {
  return function;
}

TEST(AbsentOperations, SayThatTheyAreNotThereAndWhereTheirSubjectIsDefined) {
  const server::HttpRouter router(absent_operation_routes(&open_to_all));
  const server::HttpResponse response = ask(router, "POST", "/v2/apis", "{}");
  EXPECT_EQ(response.status, 501);
  EXPECT_EQ(header(response, "x-amzn-ErrorType"), "NotImplementedException");
  EXPECT_THAT(response.body, HasSubstr("CreateApi is not available here"));
  EXPECT_THAT(response.body, HasSubstr("configuration file"));
  EXPECT_THAT(ask(router, "POST", "/v2/apis/x/channelNamespaces").body,
              HasSubstr("CreateChannelNamespace"));
  EXPECT_THAT(ask(router, "GET", "/v1/tags/arn%3Aaws%3Aappsync%3A%2Fx").body,
              HasSubstr("ListTagsForResource"));
}

TEST(AbsentOperations, AreToldOnlyToThoseWhoMayAsk) {
  int guarded = 0;
  const auto routes = absent_operation_routes([&](std::string_view, server::HttpFunction function) {
    ++guarded;
    return function;
  });
  EXPECT_EQ(static_cast<std::size_t>(guarded), routes.size());
}

}  // namespace
}  // namespace eventsd::admin
