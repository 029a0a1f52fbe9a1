#include "unit/net/support/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <cstdint>
#include <memory>

namespace eventsd::test {
namespace {

struct StoreFree {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};

void add_extension(X509* leaf, X509* ca, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, ca, leaf, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(leaf, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

net::X509Ptr read_certificate(const std::string& pem_file) {
  const net::BioPtr bio(BIO_new_file(pem_file.c_str(), "rb"));
  return net::X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

net::X509Ptr make_leaf(X509* ca, EVP_PKEY* ca_key, const std::string& subject_alt_name) {
  const net::KeyPtr key(EVP_EC_gen("P-256"));
  net::X509Ptr leaf(X509_new());
  X509_set_version(leaf.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 7);
  X509_gmtime_adj(X509_getm_notBefore(leaf.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(leaf.get()), 3600);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca));
  X509_set_pubkey(leaf.get(), key.get());
  add_extension(leaf.get(), ca, NID_subject_alt_name, subject_alt_name);
  X509_sign(leaf.get(), ca_key, EVP_sha256());
  return leaf;
}

net::X509Ptr rekey_ca(X509* ca, EVP_PKEY* ca_key) {
  net::X509Ptr copy(X509_dup(ca));
  X509_set_pubkey(copy.get(), ca_key);
  X509_EXTENSION_free(
      X509_delete_ext(copy.get(), X509_get_ext_by_NID(copy.get(), NID_subject_key_identifier, -1)));
  X509_sign(copy.get(), ca_key, EVP_sha256());
  return copy;
}

int verify(X509* leaf, X509* ca, const std::string& host) {
  const std::unique_ptr<X509_STORE, StoreFree> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), ca);
  const std::unique_ptr<X509_STORE_CTX, StoreFree> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  if (!host.empty() && X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
  }
  ERR_clear_error();
  return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

}  // namespace eventsd::test
