// Whom the console's page may talk to.
#include <algorithm>

#include "admin/console.hpp"

namespace eventsd::admin {
namespace {

struct Address {
  std::string_view host;
  std::string_view port;
};

Address split(std::string_view address) {
  const std::size_t bracket = address.rfind(']');
  const std::size_t colon = address.rfind(':');
  const bool port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (!port) return {address, {}};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

// Nothing that could end the directive or the header gets in. IPv6 literals are not sources for
// browsers; the page uses localhost instead.
bool is_source(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-';
  });
}

void add(std::string& out, std::string_view host, std::string_view port) {
  if (!is_source(host)) return;
  for (const std::string_view scheme : {"http://", "https://", "ws://", "wss://"}) {
    out.append(" ").append(scheme).append(host).append(":").append(port);
  }
}

}  // namespace

std::string console_policy(std::string_view host, const std::vector<std::string>& addresses,
                           const core::Snapshot& snapshot) {
  std::string connect = "'self'";
  const std::string_view name = split(host).host;
  const bool loopback = name == "localhost" || name == "127.0.0.1" || name == "[::1]";
  if (loopback) {
    // Any port: an ssh tunnel may end on another one.
    add(connect, "localhost", "*");
    add(connect, "127.0.0.1", "*");
  }
  for (const std::string& address : addresses) {
    const Address bound = split(address);
    if (!loopback) add(connect, name, bound.port);
    if (bound.host != "0.0.0.0" && !bound.host.starts_with("127.")) {
      add(connect, bound.host, bound.port);
    }
  }
  // Behind a reverse proxy the public port has a name and a port of its own.
  for (const core::ApiPtr& api : snapshot.apis) {
    for (const std::string& domain : api->domains) add(connect, domain, "*");
  }
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src " +
         connect +
         "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
         "require-trusted-types-for 'script'; trusted-types 'none'";
}

}  // namespace eventsd::admin
