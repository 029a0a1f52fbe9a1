#include "net/address_policy.hpp"

#include <gtest/gtest.h>

namespace eventsd::net {
namespace {

bool refused(const char* address) {
  return is_link_local_or_metadata(boost::asio::ip::make_address(address));
}

TEST(AddressPolicy, RefusesLinkLocalAddresses) {
  for (const char* address :
       {"169.254.0.1", "169.254.169.254", "169.254.170.2", "fe80::1", "febf::1", "fe80::1%1"}) {
    EXPECT_TRUE(refused(address)) << address;
  }
}

TEST(AddressPolicy, RefusesMetadataServicesElsewhere) {
  for (const char* address :
       {"100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"}) {
    EXPECT_TRUE(refused(address)) << address;
  }
}

TEST(AddressPolicy, SeesThroughIpv6Wrappings) {
  for (const char* address :
       {"::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1", "::ffff:100.100.100.200"}) {
    EXPECT_TRUE(refused(address)) << address;
  }
}

TEST(AddressPolicy, AllowsLoopbackPrivateAndPublicAddresses) {
  for (const char* address :
       {"127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "169.253.255.255", "169.255.0.0",
        "93.184.216.34", "::ffff:127.0.0.1", "fd00::1", "2001:db8::1"}) {
    EXPECT_FALSE(refused(address)) << address;
  }
}

}  // namespace
}  // namespace eventsd::net
