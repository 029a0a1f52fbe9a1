// The self-signed certificate of development (tls.selfSigned): a CA that can vouch for nothing but
// this machine's names, and the one certificate it has signed.
//
// dataDir/tls/ca.pem    the CA's certificate, for NODE_EXTRA_CA_CERTS and curl --cacert   (0644)
// dataDir/tls/cert.pem  the server's certificate                                          (0644)
// dataDir/tls/key.pem   its private key                                                   (0600)
//
// The CA's key exists only while it signs: nobody can make a second certificate with it.
#pragma once

#include <chrono>
#include <string>

#include "eventsd/config.hpp"
#include "eventsd/result.hpp"

namespace eventsd::net {

inline constexpr std::chrono::hours kSelfSignedLifetime{24 * 397};
// Remade when less than this is left.
inline constexpr std::chrono::hours kSelfSignedRenewal{24 * 30};

// dataDir/tls/ca.pem
std::string self_signed_ca_file(const std::string& data_dir);

// Makes the files, unless those that exist still serve: all three there and belonging together, the
// names as configured, more than kSelfSignedRenewal left. A remade CA must be trusted anew.
// Returns `config` with the paths of certificate and key. Cheap when nothing is to be done, so the
// daemon may call it from time to time.
//   names    localhost, 127.0.0.1, ::1 and config.names (DNS names, "*.example.test", addresses)
//   errors   bad_request: a name is none; internal: a file cannot be written (names the file)
//   thread   any; touches files, so not on a shard. One process a data directory.
Result<TlsConfig> prepare_self_signed(
    const TlsConfig& config, const std::string& data_dir,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace eventsd::net
