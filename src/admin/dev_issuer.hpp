// The development issuer's pages on the admin port, for clients on this machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/http_router.hpp"

namespace eventsd::admin {

// What the pages show; asked anew for each request.
struct DevIssuerPages {
  std::function<std::string()> discovery;
  std::function<std::string()> jwks;
  // A token for the request's body (auth/dev_issuer.hpp: parse_dev_token), or what is wrong with
  // it.
  std::function<Result<std::string>(const std::string& body)> mint;
};

// GET /dev-issuer/.well-known/openid-configuration and /dev-issuer/.well-known/jwks.json, and POST
// /dev-issuer/token, which answers {"token":…}. No admin token is asked for; requests whose Host is
// not this machine (DNS rebinding), and tokens for web pages, are refused with 403.
std::vector<server::Route> dev_issuer_routes(DevIssuerPages pages);

}  // namespace eventsd::admin
