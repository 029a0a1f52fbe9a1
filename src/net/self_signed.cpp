#include "net/self_signed.hpp"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "net/atomic_file.hpp"
#include "net/openssl_ptr.hpp"

namespace eventsd::net {
namespace {

using Clock = std::chrono::system_clock;

struct Files {
  explicit Files(const std::string& data_dir)
      : directory(std::filesystem::path(data_dir) / "tls"),
        ca((directory / "ca.pem").string()),
        certificate((directory / "cert.pem").string()),
        key((directory / "key.pem").string()) {}
  std::filesystem::path directory;
  std::string ca, certificate, key;
};

bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

// The names as OpenSSL's configuration language writes them. Nothing unchecked gets into it.
struct Names {
  std::string subject_alt_name;
  std::string constraints;
};

void add_name(Names& names, const std::string& type, const std::string& name,
              const std::string& subtree) {
  if (!names.subject_alt_name.empty()) names.subject_alt_name += ',';
  names.subject_alt_name += type + ":" + name;
  names.constraints += ",permitted;" + type + ":" + subtree;
}

Result<Names> make_names(const std::vector<std::string>& further) {
  const std::string one_v6 = "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  Names names;
  names.constraints = "critical";
  add_name(names, "DNS", "localhost", "localhost");
  add_name(names, "IP", "127.0.0.1", "127.0.0.0/255.0.0.0");
  add_name(names, "IP", "::1", "::1" + one_v6);
  for (const std::string& name : further) {
    unsigned char address[16];
    if (::inet_pton(AF_INET, name.c_str(), address) == 1) {
      add_name(names, "IP", name, name + "/255.255.255.255");
    } else if (::inet_pton(AF_INET6, name.c_str(), address) == 1) {
      add_name(names, "IP", name, name + one_v6);
    } else if (is_dns_name(name)) {
      add_name(names, "DNS", name, name.starts_with("*.") ? name.substr(2) : name);
    } else {
      return fail(ErrorKind::bad_request, "tls.names: \"" + name +
                                              "\" is neither a host name nor an address "
                                              "(write it without scheme and port)");
    }
  }
  return names;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool set_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40);  // positive, full length
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  const bool set =
      number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return set;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto add = [name](const char* field, const char* value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value), -1, -1,
                                      0) == 1;
  };
  return add("O", "eventsd") && add("CN", common_name.c_str());
}

// A version 3 certificate with everything but extensions, issuer and signature; null on failure.
X509Ptr begin_certificate(EVP_PKEY* key, const std::string& common_name, Clock::time_point now) {
  X509Ptr certificate(X509_new());
  // An hour back, for clients whose clock is behind.
  const std::time_t from = Clock::to_time_t(now - std::chrono::hours(1));
  const std::time_t until = from + std::chrono::seconds(kSelfSignedLifetime).count();
  const bool ok = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                  set_serial(certificate.get()) && set_subject(certificate.get(), common_name) &&
                  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), from) != nullptr &&
                  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), until) != nullptr &&
                  X509_set_pubkey(certificate.get(), key) == 1;
  return ok ? std::move(certificate) : nullptr;
}

// The name is new each time: stores that index by name would mix up an old and a remade CA.
std::string ca_name() {
  unsigned char bytes[4] = {};
  (void)RAND_bytes(bytes, sizeof(bytes));  // a failure shows in set_serial()
  std::string name = "eventsd development CA ";
  for (const unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

X509Ptr make_ca(EVP_PKEY* key, const Names& names, Clock::time_point now) {
  X509Ptr ca = begin_certificate(key, ca_name(), now);
  X509* x = ca.get();
  const bool ok = ca && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
                  add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                  add_extension(x, x, NID_key_usage, "critical,keyCertSign") &&
                  add_extension(x, x, NID_ext_key_usage, "serverAuth") &&
                  add_extension(x, x, NID_subject_key_identifier, "hash") &&
                  add_extension(x, x, NID_name_constraints, names.constraints) &&
                  X509_sign(x, key, EVP_sha256()) > 0;
  return ok ? std::move(ca) : nullptr;
}

X509Ptr make_leaf(EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key, const Names& names,
                  Clock::time_point now) {
  X509Ptr leaf = begin_certificate(key, "localhost", now);
  X509* x = leaf.get();
  const bool ok = leaf && X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1 &&
                  add_extension(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
                  add_extension(x, ca, NID_key_usage, "critical,digitalSignature") &&
                  add_extension(x, ca, NID_ext_key_usage, "serverAuth") &&
                  add_extension(x, ca, NID_subject_key_identifier, "hash") &&
                  add_extension(x, ca, NID_authority_key_identifier, "keyid") &&
                  add_extension(x, ca, NID_subject_alt_name, names.subject_alt_name) &&
                  X509_sign(x, ca_key, EVP_sha256()) > 0;
  return ok ? std::move(leaf) : nullptr;
}

std::string to_pem(X509* certificate) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(text.get(), certificate) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string to_pem(EVP_PKEY* key) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return {};
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// Key first, CA last: after a crash in between, the parts do not fit and are made again.
Result<void> make_files(const Files& files, const Names& names, Clock::time_point now) {
  ERR_clear_error();
  const KeyPtr ca_key(EVP_EC_gen("P-256"));
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr ca = ca_key ? make_ca(ca_key.get(), names, now) : nullptr;
  const X509Ptr leaf =
      ca && key ? make_leaf(key.get(), ca.get(), ca_key.get(), names, now) : nullptr;
  if (!leaf) {
    return fail(ErrorKind::internal,
                "tls.selfSigned: cannot make the certificate: " + take_openssl_error());
  }
  std::error_code error;
  std::filesystem::create_directories(files.directory, error);
  if (error) {
    return fail(ErrorKind::internal,
                "cannot make " + files.directory.string() + ": " + error.message());
  }
  if (auto done = write_file_atomically(files.key, to_pem(key.get()), 0600); !done) return done;
  if (auto done = write_file_atomically(files.certificate, to_pem(leaf.get()), 0644); !done) {
    return done;
  }
  return write_file_atomically(files.ca, to_pem(ca.get()), 0644);
}

X509Ptr read_certificate(const std::string& file) {
  const BioPtr bio(BIO_new_file(file.c_str(), "rb"));
  return X509Ptr(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

KeyPtr read_key(const std::string& file) {
  const BioPtr bio(BIO_new_file(file.c_str(), "rb"));
  return KeyPtr(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

// True when the certificate has an extension of this value, compared as encoded.
bool has_extension(X509* certificate, int nid, const std::string& value) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
  X509_EXTENSION* wanted = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool same = at >= 0 && wanted != nullptr &&
                    ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(certificate, at)),
                                          X509_EXTENSION_get_data(wanted)) == 0;
  X509_EXTENSION_free(wanted);
  return same;
}

bool still_serves(const Files& files, const Names& names, Clock::time_point now) {
  const X509Ptr ca = read_certificate(files.ca);
  const X509Ptr leaf = read_certificate(files.certificate);
  const KeyPtr key = read_key(files.key);
  std::time_t renewal = Clock::to_time_t(now + kSelfSignedRenewal);
  const bool serves = ca && leaf && key && X509_check_private_key(leaf.get(), key.get()) == 1 &&
                      X509_verify(leaf.get(), X509_get0_pubkey(ca.get())) == 1 &&
                      X509_cmp_time(X509_get0_notAfter(leaf.get()), &renewal) > 0 &&
                      has_extension(leaf.get(), NID_subject_alt_name, names.subject_alt_name) &&
                      has_extension(ca.get(), NID_name_constraints, names.constraints);
  ERR_clear_error();
  return serves;
}

}  // namespace

std::string self_signed_ca_file(const std::string& data_dir) { return Files(data_dir).ca; }

Result<TlsConfig> prepare_self_signed(const TlsConfig& config, const std::string& data_dir,
                                      Clock::time_point now) {
  const Files files(data_dir);
  const Result<Names> names = make_names(config.names);
  if (!names) return names.error();
  if (!still_serves(files, *names, now)) {
    if (auto made = make_files(files, *names, now); !made) return made.error();
  }
  TlsConfig prepared = config;
  prepared.certificate = files.certificate;
  prepared.private_key = files.key;
  return prepared;
}

}  // namespace eventsd::net
