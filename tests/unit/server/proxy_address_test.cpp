// One client, one address text, however the proxy writes it: limits by address count on it.
#include <gtest/gtest.h>

#include "server/proxy_protocol.hpp"

namespace eventsd::server {
namespace {

using Status = ProxyHeader::Status;

std::string binary(unsigned char command, unsigned char family, std::string_view addresses) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  bytes += static_cast<char>(command);
  bytes += static_cast<char>(family);
  bytes += '\0';
  bytes += static_cast<char>(addresses.size());
  return bytes.append(addresses);
}

TEST(ProxyAddress, IsCanonical) {
  EXPECT_EQ(parse_proxy_header("PROXY TCP6 2001:DB8:0:0::0001 ::1 1 2\r\n").source_ip,
            "2001:db8::1");
}

TEST(ProxyAddress, IsIpv4WhenItIsMapped) {
  EXPECT_EQ(parse_proxy_header("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n").source_ip, "192.0.2.1");
  std::string addresses(10, '\0');
  addresses += "\xFF\xFF\xC0";
  addresses += std::string("\0\x02\x01", 3) + std::string(20, '\0');
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x21, addresses)).source_ip, "192.0.2.1");
}

TEST(ProxyAddress, HasNothingBehindANul) {
  const std::string line("PROXY TCP4 192.0.2.1\0x 192.0.2.2 1 2\r\n", 38);
  EXPECT_EQ(parse_proxy_header(line).status, Status::invalid);
}

TEST(ProxyAddress, IsNotLeftOutByAShortHeader) {
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x11, "abcd")).status, Status::invalid);
  EXPECT_EQ(parse_proxy_header(binary(0x21, 0x21, std::string(12, 'a'))).status, Status::invalid);
}

TEST(ProxyAddress, ComesWithKnownCommandsOnly) {
  EXPECT_EQ(parse_proxy_header(binary(0x22, 0x11, std::string(12, 'a'))).status, Status::invalid);
  EXPECT_EQ(parse_proxy_header(binary(0x20, 0x00, "")).status, Status::valid);
}

}  // namespace
}  // namespace eventsd::server
