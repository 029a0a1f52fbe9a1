#include "app/address_set.hpp"

#include <gtest/gtest.h>

namespace eventsd::app {
namespace {

TEST(AddressSet, HoldsSingleAddresses) {
  EXPECT_TRUE(address_in("192.0.2.1", {"192.0.2.1"}));
  EXPECT_FALSE(address_in("192.0.2.10", {"192.0.2.1"}));
  EXPECT_TRUE(address_in("2001:db8:0:0::1", {"2001:db8::1"}));
}

TEST(AddressSet, HoldsBlocksOfBothFamilies) {
  EXPECT_TRUE(address_in("10.255.255.255", {"10.0.0.0/8"}));
  EXPECT_FALSE(address_in("11.0.0.0", {"10.0.0.0/8"}));
  EXPECT_TRUE(address_in("10.1.2.3", {"10.1.2.200/24"}));
  EXPECT_TRUE(address_in("2001:db8:ffff::1", {"2001:db8::/32"}));
  EXPECT_FALSE(address_in("2001:db9::1", {"2001:db8::/32"}));
}

TEST(AddressSet, HoldsEverythingOfAFamilyWithAPrefixOfZero) {
  EXPECT_TRUE(address_in("192.0.2.1", {"0.0.0.0/0"}));
  EXPECT_FALSE(address_in("::1", {"0.0.0.0/0"}));
  EXPECT_FALSE(address_in("192.0.2.1", {"::/0"}));
}

TEST(AddressSet, LooksAtEveryBlock) {
  EXPECT_TRUE(address_in("::1", {"10.0.0.0/8", "192.0.2.1", "::1"}));
}

TEST(AddressSet, HoldsNothingMalformed) {
  for (const char* text : {"", "unknown", "10.0.0.1:80", "10.0.0", "[::1]", "10.0.0.1/8"}) {
    EXPECT_FALSE(address_in(text, {"0.0.0.0/0", "::/0", ""})) << text;
  }
  EXPECT_FALSE(address_in("10.0.0.1", {"10.0.0.0/33", "10.0.0.0/", "nonsense/8", "/8"}));
  EXPECT_FALSE(address_in("10.0.0.1", {}));
}

}  // namespace
}  // namespace eventsd::app
