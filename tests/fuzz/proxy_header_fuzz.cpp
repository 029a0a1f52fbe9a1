// The PROXY protocol: what is taken for a header does not depend on how its bytes arrive.
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/proxy_protocol.hpp"

namespace {

using namespace eventsd::server;
using Status = ProxyHeader::Status;

void require(bool holds) {
  if (!holds) std::abort();
}

bool equal(const ProxyHeader& a, const ProxyHeader& b) {
  return a.status == b.status && a.size == b.size && a.source_ip == b.source_ip;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ProxyHeader whole = parse_proxy_header(bytes);
  require((whole.size > 0) == (whole.status == Status::valid));
  if (whole.status == Status::incomplete) require(size < 16 + 2048);
  if (!whole.source_ip.empty()) {
    require(whole.status == Status::valid);
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(whole.source_ip, error);
    require(!error && address.to_string() == whole.source_ip);
    require(!address.is_v6() || !address.to_v6().is_v4_mapped());
  }
  // Prefixes are incomplete until one says what the whole says.
  for (std::size_t length = 0; length < std::min<std::size_t>(size, 256); ++length) {
    const ProxyHeader part = parse_proxy_header(bytes.substr(0, length));
    if (part.status != Status::incomplete) return require(equal(part, whole)), 0;
  }
  return 0;
}
