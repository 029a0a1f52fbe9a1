// The receiving side of Signature Version 4: what a request says of its signature, checked in
// everything but the signature, and then the signature.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"
#include "net/sigv4.hpp"

namespace eventsd::net {

// How far a signer's clock may be off, either way: AWS's value.
inline constexpr std::chrono::minutes kSigV4Window{5};

// AWS's answer to a signature that differs.
inline constexpr std::string_view kSigV4Mismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

// What an Authorization header says. Views into its text.
struct SigV4Authorization {
  std::string_view access_key_id;
  SigV4Scope scope;
  std::vector<std::string_view> signed_headers;  // lower case, sorted, each once
  std::string_view signature;                    // 64 hexadecimal digits, lower case
};

// "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…": each part once, in any order, and
// nothing else. At most 8 KiB and 100 signed headers.
//   errors   bad_request: what is missing or malformed
Result<SigV4Authorization> parse_sigv4_authorization(std::string_view text);

// A request that says of itself: this key signed me, then, for this service.
struct SigV4Claim {
  SigV4Authorization authorization;
  std::string timestamp;            // as it is signed: 20260131T120000Z
  std::string_view security_token;  // empty: none
};

// What a server accepts signatures for.
struct SigV4Audience {
  std::string_view region;
  std::string_view service;
};

// Checks form, scope, date and the rules of signed headers: `host` and the date are signed, and so
// is every x-amz-* header but those that clients and proxies are known to add unsigned; whatever is
// signed is there; x-amz-content-sha256 is a digest, so that the body is never left out. At most
// 200 headers and 64 KiB of them.
//   errors   bad_request, in AWS's words; Error::reason says more to the operator
Result<SigV4Claim> check_sigv4_claim(std::string_view authorization, const HeaderList& headers,
                                     const SigV4Audience& audience,
                                     std::chrono::system_clock::time_point now);

// Whether the claim's signature is the one that `key` gives for this request, and
// x-amz-content-sha256, when sent, its payload's. Compares in constant time.
bool sigv4_matches(const SigV4Claim& claim, const Sha256& key, const SigV4Request& request);

}  // namespace eventsd::net
