#include "server/proxy_protocol.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventsd::server {
namespace {

using Status = ProxyHeader::Status;

std::string version2(unsigned command, unsigned family, const std::string& addresses) {
  std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
  header += static_cast<char>(0x20 | command);
  header += static_cast<char>(family << 4 | 1);
  header += static_cast<char>(addresses.size() >> 8);
  header += static_cast<char>(addresses.size() & 0xFF);
  return header + addresses;
}

const std::string kAddresses4("\xCB\x00\x71\x09\x0A\x00\x00\x01\x30\x39\x01\xBB", 12);

TEST(ProxyHeader, OfVersion1NamesTheClient) {
  const std::string text = "PROXY TCP4 203.0.113.9 10.0.0.1 12345 443\r\nGET /";
  const ProxyHeader header = parse_proxy_header(text);
  EXPECT_EQ(header.status, Status::valid);
  EXPECT_EQ(header.source_ip, "203.0.113.9");
  EXPECT_EQ(text.substr(header.size), "GET /");
  EXPECT_EQ(parse_proxy_header("PROXY TCP6 2001:db8::9 2001:db8::1 1 2\r\n").source_ip,
            "2001:db8::9");
}

TEST(ProxyHeader, OfVersion2NamesTheClient) {
  const std::string text = version2(1, 1, kAddresses4);
  const ProxyHeader header = parse_proxy_header(text + "more");
  EXPECT_EQ(header.status, Status::valid);
  EXPECT_EQ(header.source_ip, "203.0.113.9");
  EXPECT_EQ(header.size, text.size());
  std::string addresses6(36, '\0');
  addresses6[0] = '\x20';
  addresses6[1] = '\x01';
  addresses6[15] = '\x09';
  EXPECT_EQ(parse_proxy_header(version2(1, 2, addresses6)).source_ip, "2001::9");
}

TEST(ProxyHeader, OfAProxyThatSpeaksForItselfNamesNobody) {
  for (const std::string& text : {std::string("PROXY UNKNOWN\r\n"), version2(0, 1, kAddresses4),
                                  version2(1, 0, ""), version2(1, 3, std::string(216, 'x'))}) {
    const ProxyHeader header = parse_proxy_header(text);
    EXPECT_EQ(header.status, Status::valid);
    EXPECT_EQ(header.source_ip, "");
    EXPECT_EQ(header.size, text.size());
  }
}

TEST(ProxyHeader, IsIncompleteAtEveryEarlierByte) {
  for (const std::string& text : {std::string("PROXY TCP4 203.0.113.9 10.0.0.1 12345 443\r\n"),
                                  version2(1, 1, kAddresses4)}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(parse_proxy_header(text.substr(0, size)).status, Status::incomplete) << size;
    }
  }
}

TEST(ProxyHeader, IsNoneWhereARequestOrTlsBegins) {
  EXPECT_EQ(parse_proxy_header("POST /event").status, Status::none);
  EXPECT_EQ(parse_proxy_header("GET /").status, Status::none);
  EXPECT_EQ(parse_proxy_header("\x16\x03\x01").status, Status::none);
}

TEST(ProxyHeader, ThatIsMalformedIsInvalid) {
  EXPECT_EQ(parse_proxy_header("PROXY TCP4 999.0.0.1 10.0.0.1 1 2\r\n").status, Status::invalid);
  EXPECT_EQ(parse_proxy_header("PROXY TCP4 ::1 10.0.0.1 1 2\r\n").status, Status::invalid);
  EXPECT_EQ(parse_proxy_header("PROXY SCTP 1.2.3.4\r\n").status, Status::invalid);
  EXPECT_EQ(parse_proxy_header("PROXY TCP4 " + std::string(200, '1')).status, Status::invalid);
  EXPECT_EQ(parse_proxy_header(version2(1, 1, std::string(3000, 'x'))).status, Status::invalid);
  std::string version3 = version2(1, 1, kAddresses4);
  version3[12] = 0x31;
  EXPECT_EQ(parse_proxy_header(version3).status, Status::invalid);
}

}  // namespace
}  // namespace eventsd::server
