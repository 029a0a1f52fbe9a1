#include "server/proxy_protocol.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace eventsd::server {
namespace {

using Status = ProxyHeader::Status;
constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::string_view kSignature2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kMaxLine = 107;

// Canonical, so that one client has one name; "::ffff:192.0.2.1" is the IPv4 address.
std::string address_text(int family, const char* bytes) {
  constexpr std::string_view kMapped{"\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12};
  if (family == AF_INET6 && std::string_view(bytes, 12) == kMapped) {
    return address_text(AF_INET, bytes + 12);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) ? std::string(text.data())
                                                            : std::string();
}

ProxyHeader parse_line(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMaxLine).find("\r\n");
  if (end == std::string_view::npos) {
    return {bytes.size() >= kMaxLine ? Status::invalid : Status::incomplete, 0, {}};
  }
  std::string_view line = bytes.substr(kSignature1.size(), end - kSignature1.size());
  ProxyHeader header{Status::valid, end + 2, {}};
  if (line.starts_with("UNKNOWN")) return header;
  const int family = line.starts_with("TCP4 ") ? AF_INET : AF_INET6;
  if (family == AF_INET6 && !line.starts_with("TCP6 ")) return {Status::invalid, 0, {}};
  line.remove_prefix(5);
  const std::string source(line.substr(0, line.find(' ')));
  std::array<char, 16> binary;
  if (source.find('\0') != std::string::npos ||
      inet_pton(family, source.c_str(), binary.data()) != 1) {
    return {Status::invalid, 0, {}};
  }
  header.source_ip = address_text(family, binary.data());
  return header;
}

ProxyHeader parse_binary(std::string_view bytes) {
  if (bytes.size() < 16) return {Status::incomplete, 0, {}};
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const std::size_t length = static_cast<std::size_t>(byte(14)) << 8 | byte(15);
  if (byte(12) >> 4 != 2 || length > 2048) return {Status::invalid, 0, {}};
  if (bytes.size() < 16 + length) return {Status::incomplete, 0, {}};
  ProxyHeader header{Status::valid, 16 + length, {}};
  if ((byte(12) & 0x0F) == 0) return header;  // LOCAL
  if ((byte(12) & 0x0F) != 1) return {Status::invalid, 0, {}};
  const unsigned family = byte(13) >> 4;
  if ((family == 1 && length < 12) || (family == 2 && length < 36)) return {Status::invalid, 0, {}};
  if (family == 1) header.source_ip = address_text(AF_INET, bytes.data() + 16);
  if (family == 2) header.source_ip = address_text(AF_INET6, bytes.data() + 16);
  return header;
}

bool may_begin_with(std::string_view bytes, std::string_view signature) {
  const std::size_t common = std::min(bytes.size(), signature.size());
  return bytes.substr(0, common) == signature.substr(0, common);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  for (const std::string_view signature : {kSignature1, kSignature2}) {
    if (!may_begin_with(bytes, signature)) continue;
    if (bytes.size() < signature.size()) return {Status::incomplete, 0, {}};
    return signature == kSignature1 ? parse_line(bytes) : parse_binary(bytes);
  }
  return {};
}

}  // namespace eventsd::server
