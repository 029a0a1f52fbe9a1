// The server's TLS material: certificate and key files as an SSL_CTX, and a way to see that the
// files have changed. The self-signed pair of development is made by self_signed.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eventsd/config.hpp"
#include "eventsd/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace eventsd::net {

// Shared by every connection that began with it; a reload replaces it for new connections only.
using TlsContextPtr = std::shared_ptr<ssl_ctx_st>;

// Reads the certificate chain (leaf first) and the private key, both PEM.
// TLS 1.2 and 1.3, forward-secret AEAD ciphers, tickets instead of a session cache, no
// renegotiation, no compression, ALPN http/1.1. SSL objects release their buffers while idle, may
// write partially and may repeat a write from another address (for coalescing outbound buffers).
//   errors   bad_request: names the option, the file, the reason and the remedy
//   thread   any; reads files, so not on a shard
// REQUIRES: config.certificate and config.private_key are paths; see prepare_self_signed().
Result<TlsContextPtr> load_tls_context(const TlsConfig& config);

struct CertificateInfo {
  std::string subject;             // RFC 2253, "CN=localhost,O=eventsd"
  std::string issuer;              // RFC 2253
  std::vector<std::string> names;  // DNS names and addresses of subjectAltName, in its order
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  std::string sha256;  // fingerprint, lower-case hexadecimal
};

// Describes the first certificate of a PEM file.
//   errors   bad_request: names the file and the reason
Result<CertificateInfo> read_certificate_info(const std::string& pem_file);

// What identifies one state of the files. Equal stamps: nothing has been replaced.
struct TlsFilesStamp {
  struct File {
    std::int64_t mtime_ns = 0;
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    bool operator==(const File&) const = default;
  };
  std::array<File, 2> files;  // certificate, private key; zeros when a file is not there
  bool operator==(const TlsFilesStamp&) const = default;
};

// Follows symbolic links, so it sees both a rewritten file and a swapped link. Take the stamp
// before load_tls_context(): a change in between is then seen by the next comparison.
TlsFilesStamp stamp(const TlsConfig& config);

}  // namespace eventsd::net
