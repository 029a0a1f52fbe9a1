// The issuer of development (devIssuer): signs whatever it is asked to, for this machine alone.
//
// dataDir/dev-issuer-key.pem  its private key, RSA                                        (0600)
// dataDir/dev-issuer-url      its address, as the daemon has last published it            (0600)
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventsd/result.hpp"

struct evp_pkey_st;

namespace eventsd::auth {

// What a token shall say. Claims that are empty are left out.
struct DevToken {
  std::string subject = "dev-user";
  std::string client_id = "dev-client";
  std::string audience;  // empty: the client, in ID tokens; none in access tokens
  std::vector<std::string> groups;
  std::string token_use = "access";                         // or "id"
  std::chrono::seconds expires_in{3600};                    // may be negative, for tests
  std::vector<std::pair<std::string, std::string>> claims;  // name and JSON text; replace others
};

// From {"sub","clientId","audience","groups":[…],"tokenUse","expiresIn":seconds,"claims":{…}},
// every member optional.
//   errors   bad_request: names the member
Result<DevToken> parse_dev_token(std::string_view json);

// "http://127.0.0.1:9464/dev-issuer" for an admin listener of that address.
//   errors   bad_request: the address is not loopback
Result<std::string> dev_issuer_url(std::string_view admin_listen);

//   thread   one, the control thread
class DevIssuer {
 public:
  // The data directory's; the key is made when there is none.
  //   errors   internal: the file cannot be read or written (names it)
  static Result<DevIssuer> open(const std::string& data_dir);
  // The one that a daemon has made there.
  //   errors   not_found: says how to make one
  static Result<DevIssuer> open_existing(const std::string& data_dir);

  // What tokens name from now on. Written beside the key, for the command line.
  Result<void> publish(const std::string& url);
  const std::string& url() const { return url_; }

  std::string discovery() const;  // {url}/.well-known/openid-configuration
  std::string jwks() const;       // {url}/.well-known/jwks.json

  //   errors   bad_request: a claim; internal: no address yet
  Result<std::string> mint(const DevToken& token, std::chrono::system_clock::time_point now) const;

 private:
  DevIssuer(std::string data_dir, std::shared_ptr<evp_pkey_st> key);
  std::string data_dir_;
  std::shared_ptr<evp_pkey_st> key_;
  std::string kid_;
  std::string url_;
};

}  // namespace eventsd::auth
