// AWS Signature Version 4: one canonical form for what eventsd signs and for what it verifies.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/authorizer.hpp"
#include "eventsd/config.hpp"
#include "net/http_client.hpp"

namespace eventsd::net {

inline constexpr std::string_view kSigV4Algorithm = "AWS4-HMAC-SHA256";

using Sha256 = std::array<unsigned char, 32>;
std::string sha256_hex(std::string_view text);

// How a path becomes the canonical URI.
enum class SigV4Path : std::uint8_t {
  standard,  // "." and ".." and empty segments resolved, then encoded once more than it was sent
  as_sent,   // S3: each character encoded once, nothing resolved
};

// What a signature covers, with the words of the request line as they are sent. Views into what the
// caller keeps.
struct SigV4Request {
  std::string_view method;
  std::string_view path;          // percent-encoded; empty stands for "/"
  std::string_view query;         // without the question mark
  const HeaderList& headers;      // names in lower case
  std::string_view payload_hash;  // sha256_hex() of the body
  SigV4Path path_rule = SigV4Path::standard;
};

// What the signing key is made for, and what `Credential=` says after the access key.
struct SigV4Scope {
  std::string_view date;  // 20260131
  std::string_view region;
  std::string_view service;
  std::string text() const;  // 20260131/us-east-1/appsync/aws4_request
};

// The parts of a canonical request, each in its canonical form.
std::string canonical_path(std::string_view path, SigV4Path rule);
std::string canonical_query(std::string_view query);

// Name and value of each header of `names`, in their order: white space folded, values of one name
// joined with commas. `names` are in lower case and sorted, those of `headers` in lower case.
std::string canonical_headers(const HeaderList& headers, std::span<const std::string_view> names);

// The text whose digest is signed. `names` are the signed headers, in lower case and sorted.
std::string canonical_request(const SigV4Request& request, std::span<const std::string_view> names);

// The key that a secret gives for one day, region and service. Four HMACs: worth keeping for a day.
Sha256 sigv4_key(std::string_view secret_access_key, const SigV4Scope& scope);

// The signature of a canonical request, in hexadecimal. `timestamp` as in x-amz-date.
std::string sigv4_signature(const Sha256& key, std::string_view timestamp, const SigV4Scope& scope,
                            std::string_view canonical_request);

// 20260131T120000Z, in UTC.
std::string sigv4_timestamp(std::chrono::system_clock::time_point time);

// Whose signature a request gets, and for which service.
struct SigV4Signer {
  AwsCredentialsConfig credentials;
  std::string region;
  std::string service;
  SigV4Path path_rule = SigV4Path::standard;
};

// The headers that sign a request: x-amz-date, x-amz-security-token when the credentials have one,
// x-amz-content-sha256 for SigV4Path::as_sent, and authorization. Every header of the request is
// covered but those that the way may change (user-agent, connection and their like), so `host` has
// to be among them.
HeaderList sigv4_headers(const SigV4Request& request, const SigV4Signer& signer,
                         std::chrono::system_clock::time_point now);

// Signs an outgoing request in place. To be called last: what is added later is not covered.
void sign_request(HttpRequest& request, const SigV4Signer& signer,
                  std::chrono::system_clock::time_point now);

}  // namespace eventsd::net
