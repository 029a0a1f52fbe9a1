#include "protocol/mask_frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventsd::protocol {
namespace {

TEST(MaskFrame, ReplacesAnApiKeyAndLeavesTheRestAsItWasSent) {
  EXPECT_EQ(mask_credentials(R"({ "type":"subscribe","id":"1",  "channel":"/default/a",)"
                             R"("authorization":{"host":"h","x-api-key":"da2-secret"}})"),
            R"({ "type":"subscribe","id":"1",  "channel":"/default/a",)"
            R"("authorization":{"host":"h","x-api-key":"********"}})");
}

TEST(MaskFrame, ReplacesTokensSignaturesAndSessionTokensWhateverTheirCase) {
  const std::string masked = mask_credentials(
      R"({"authorization":{"Authorization":"secret","X-Amz-Security-Token":"secret",)"
      R"("x-amz-date":"20260101T000000Z","Host":"h"}})");
  EXPECT_EQ(masked.find("secret"), std::string::npos);
  EXPECT_NE(masked.find("20260101T000000Z"), std::string::npos);
}

TEST(MaskFrame, ReplacesMembersThatItDoesNotKnow) {
  EXPECT_EQ(mask_credentials(R"({"authorization":{"x-own":"secret"}})"),
            R"({"authorization":{"x-own":"********"}})");
}

TEST(MaskFrame, ReplacesEveryKindOfValue) {
  EXPECT_EQ(mask_credentials(R"({"authorization":"secret"})"), R"({"authorization":"********"})");
  EXPECT_EQ(mask_credentials(R"({"authorization":["secret"]})"),
            R"({"authorization":"********"})");
  EXPECT_EQ(mask_credentials(R"({"authorization":{"host":{"a":"secret"}}})"),
            R"({"authorization":{"host":"********"}})");
  EXPECT_EQ(mask_credentials(R"({"x-api-key":"secret"})"), R"({"x-api-key":"********"})");
}

TEST(MaskFrame, SeesThroughEscapedNames) {
  EXPECT_EQ(mask_credentials(R"({"authorizatio\u006e":{"x-api-key":"secret"}})"),
            R"({"authorizatio\u006e":{"x-api-key":"********"}})");
}

TEST(MaskFrame, ReplacesEachOfSeveralMembersOfTheSameName) {
  const std::string masked =
      mask_credentials(R"({"authorization":{"a":"secret"},"authorization":{"b":"secret"}})");
  EXPECT_EQ(masked.find("secret"), std::string::npos);
}

TEST(MaskFrame, ShowsNothingOfATextThatIsNotAJsonObject) {
  for (const char* text : {"", "secret", R"(["secret"])", R"({"authorization":{"a":"secret")",
                           R"({"a":1} secret)", R"({"authorization":{"a":secret}})"}) {
    EXPECT_EQ(mask_credentials(text).find("secret"), std::string::npos) << text;
  }
}

TEST(MaskFrame, LeavesEventsAlone) {
  const char* text = R"({"type":"data","id":"1","event":"{\"authorization\":\"mine\"}"})";
  EXPECT_EQ(mask_credentials(text), text);
}

}  // namespace
}  // namespace eventsd::protocol
