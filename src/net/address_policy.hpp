// Which addresses eventsd may call. A URL in a configuration, a template or a token's issuer must
// not become a way to read the machine's own cloud credentials (server-side request forgery).
#pragma once

#include <boost/asio/ip/address.hpp>

namespace eventsd::net {

// True for link-local addresses (169.254.0.0/16, fe80::/10) and the metadata services of clouds,
// also when an IPv4 address is wrapped in IPv6 (mapped, compatible, NAT64, 6to4).
bool is_link_local_or_metadata(const boost::asio::ip::address& address);

}  // namespace eventsd::net
