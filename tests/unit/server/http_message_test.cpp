#include "server/http_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventsd::server {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

Error refused(std::string type) {
  Error error = fail(ErrorKind::handler_refused, "text");
  error.type = std::move(type);
  return error;
}

TEST(ErrorResponse, CarriesTheTypeThatAHandlerChose) {
  const HttpResponse response = error_response(refused("MyError"));
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body, R"({"errors":[{"errorType":"MyError","message":"text"}]})");
  EXPECT_THAT(response.headers, Contains(Pair("x-amzn-errortype", "MyError")));
}

TEST(ErrorResponse, KeepsOutOfHeadersWhatWouldBreakThem) {
  for (const std::string& type : {std::string("a\r\nset-cookie: x"), std::string(200, 'a')}) {
    const HttpResponse response = error_response(refused(type));
    EXPECT_THAT(response.headers, Contains(Pair("x-amzn-errortype", "HandlerExecutionError")));
    EXPECT_THAT(response.body, HasSubstr("errorType"));
  }
}

}  // namespace
}  // namespace eventsd::server
