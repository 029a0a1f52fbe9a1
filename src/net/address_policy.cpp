#include "net/address_policy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace eventsd::net {
namespace {

namespace ip = boost::asio::ip;

// Outside the link-local blocks.
constexpr std::array<std::uint32_t, 3> kMetadataV4 = {
    0x64'64'64'c8,  // 100.100.100.200 Alibaba Cloud
    0xc0'00'00'c0,  // 192.0.0.192 Oracle Cloud
    0xa8'3f'81'10,  // 168.63.129.16 Azure
};
constexpr std::array<ip::address_v6::bytes_type, 2> kMetadataV6 = {{
    {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},  // fd00:ec2::254 AWS
    {0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},  // fd20:ce::254 Google
}};

bool is_refused_v4(std::uint32_t address) {
  return address >> 16 == 0xa9fe ||
         std::find(kMetadataV4.begin(), kMetadataV4.end(), address) != kMetadataV4.end();
}

std::uint32_t read_v4(const ip::address_v6::bytes_type& bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}

std::optional<std::uint32_t> wrapped_v4(const ip::address_v6::bytes_type& bytes) {
  static constexpr std::array<unsigned char, 12> kNat64 = {0x00, 0x64, 0xff, 0x9b};  // RFC 6052
  static constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                            0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::array<unsigned char, 12> kCompatible = {};
  for (const auto& prefix : {kNat64, kMapped, kCompatible}) {
    if (std::equal(prefix.begin(), prefix.end(), bytes.begin())) return read_v4(bytes, 12);
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return read_v4(bytes, 2);  // 6to4, RFC 3056
  return std::nullopt;
}

}  // namespace

bool is_link_local_or_metadata(const ip::address& address) {
  if (address.is_v4()) return is_refused_v4(address.to_v4().to_uint());
  const ip::address_v6 v6 = address.to_v6();
  const auto bytes = v6.to_bytes();
  if (v6.is_link_local()) return true;
  if (std::find(kMetadataV6.begin(), kMetadataV6.end(), bytes) != kMetadataV6.end()) return true;
  const auto v4 = wrapped_v4(bytes);
  return v4 && is_refused_v4(*v4);
}

}  // namespace eventsd::net
