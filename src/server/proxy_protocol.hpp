// The PROXY protocol, versions 1 and 2: how a trusted proxy says whom it speaks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eventsd::server {

struct ProxyHeader {
  enum class Status : std::uint8_t { none, incomplete, valid, invalid };
  Status status = Status::none;
  std::size_t size = 0;   // bytes of the header, when valid
  std::string source_ip;  // empty: the proxy speaks for itself (LOCAL, UNKNOWN)
};

// Looks at the first bytes of a connection. `none` when they cannot be the start of a header.
//   source   haproxy.org PROXY protocol specification, 2.1 and 2.2
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace eventsd::server
