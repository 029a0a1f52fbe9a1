#include <gtest/gtest.h>

#include "protocol/client_message.hpp"

namespace eventsd::protocol {
namespace {

using Pairs = HeaderList;

TEST(HeadersOf, AreTheStringsOfTheAuthorizationObjectInLowerCase) {
  Credentials credentials;
  credentials.object = R"({ "Host":"a", "X-Amz-Date" : "b\u0063", "n": 1, "o": {"x":"y"} })";
  EXPECT_EQ(headers_of(credentials), (Pairs{{"host", "a"}, {"x-amz-date", "bc"}}));
}

TEST(HeadersOf, AreThoseOfTheHttpRequestOtherwise) {
  auto source = std::make_shared<HttpSource>();
  source->headers = {{"host", "a"}, {"x", "1"}, {"x", "2"}};
  Credentials credentials;
  credentials.http = source;
  EXPECT_EQ(headers_of(credentials), source->headers);
  EXPECT_EQ(headers_of(Credentials{}), Pairs{});
}

TEST(SignedBody, IsWhatJsonStringifyWouldWrite) {
  EXPECT_EQ(signed_subscribe_body("/default/*"), R"({"channel":"/default/*"})");
  EXPECT_EQ(signed_publish_body("/default/x", {R"({"a":1})", "\"</é&>\\n\""}),
            R"({"channel":"/default/x","events":["{\"a\":1}","\"</é&>\\n\""]})");
}

}  // namespace
}  // namespace eventsd::protocol
