// Signs what it is told to, so that other implementations can be compared: each line of the input
// is one request as JSON, each line of the output its canonical request and Authorization header.
// The signature is also verified, together with one that a bit was flipped in.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "net/sigv4_claim.hpp"

namespace {

using namespace eventsd;
using nlohmann::json;

json answer(const json& asked) {
  HeaderList headers;
  for (const json& header : asked.at("headers")) headers.emplace_back(header[0], header[1]);
  const net::SigV4Signer signer{{asked.at("access_key"), asked.at("secret"), asked.at("token")},
                                asked.at("region"),
                                asked.at("service")};
  const std::string method = asked.at("method");
  const std::string path = asked.at("path");
  const std::string query = asked.at("query");
  const std::string hash = net::sha256_hex(asked.at("body").get<std::string>());
  const auto now = std::chrono::system_clock::from_time_t(asked.at("time").get<std::time_t>());
  const HeaderList added = net::sigv4_headers({method, path, query, headers, hash}, signer, now);
  headers.insert(headers.end(), added.begin(), added.end());
  std::string authorization = headers.back().second;

  // The other implementation's signature is what counts where it is given.
  if (asked.contains("authorization")) authorization = asked.at("authorization");
  const auto claim =
      net::check_sigv4_claim(authorization, headers, {signer.region, signer.service}, now);
  if (!claim) return {{"error", claim.error().message}};
  const net::Sha256 key =
      net::sigv4_key(signer.credentials.secret_access_key, claim->authorization.scope);
  const bool matches = net::sigv4_matches(*claim, key, {method, path, query, headers, hash});
  net::Sha256 other = key;
  other[0] ^= 1;
  const bool other_matches =
      net::sigv4_matches(*claim, other, {method, path, query, headers, hash});
  return {{"authorization", added.back().second},
          {"canonical", net::canonical_request({method, path, query, headers, hash},
                                               claim->authorization.signed_headers)},
          {"matches", matches && !other_matches}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << answer(json::parse(line)).dump() << "\n";
  }
  return 0;
}
