// Certificates of a foreign CA, for what the product itself must never make.
#pragma once

#include "net/openssl_ptr.hpp"

#include <string>

namespace eventsd::test {

net::X509Ptr read_certificate(const std::string& pem_file);

// A certificate for `subject_alt_name` ("DNS:example.com"), signed with `ca_key` in ca's name.
net::X509Ptr make_leaf(X509* ca, EVP_PKEY* ca_key, const std::string& subject_alt_name);

// A copy of `ca` with another public key, signed by that key: a CA of the same constraints whose
// key the test has.
net::X509Ptr rekey_ca(X509* ca, EVP_PKEY* ca_key);

// X509_V_OK or why the leaf is not a valid TLS server certificate under `ca`, for `host` if given.
int verify(X509* leaf, X509* ca, const std::string& host = {});

}  // namespace eventsd::test
