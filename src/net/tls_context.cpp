#include "net/tls_context.hpp"

#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string_view>

#include "net/openssl_ptr.hpp"

namespace eventsd::net {
namespace {

constexpr std::string_view kAlpn = "\x08http/1.1";  // length-prefixed, RFC 7301

// Forward secrecy and authenticated encryption only (Mozilla's "intermediate", without DHE).
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kTls13Ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length,
                const unsigned char* offered, unsigned offered_length, void*) {
  const auto* ours = reinterpret_cast<const unsigned char*>(kAlpn.data());
  unsigned char* chosen = nullptr;
  const int outcome =
      SSL_select_next_proto(&chosen, out_length, ours, kAlpn.size(), offered, offered_length);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A daemon cannot ask for a passphrase; OpenSSL's default would read the terminal.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

Error fault(std::string_view option, const std::string& file, const std::string& reason,
            std::string_view remedy) {
  std::string text = std::string(option) + ": " + file + ": " + reason;
  if (!remedy.empty()) text.append(". ").append(remedy);
  return fail(ErrorKind::bad_request, std::move(text));
}

std::string_view remedy_for(int error_number) {
  if (error_number == EACCES) return "Let the user that runs eventsd read it";
  if (error_number == ENOENT) return "Correct the path";
  return "";
}

// OpenSSL's own message for a file that cannot be opened names no file.
Result<void> check_readable(std::string_view option, const std::string& file) {
  if (file.empty()) {
    return fail(ErrorKind::bad_request, std::string(option) +
                                            " is missing. Set tls.certificate and tls.privateKey, "
                                            "or tls.selfSigned: true for development");
  }
  if (::access(file.c_str(), R_OK) == 0) return {};
  const int error_number = errno;
  return fault(option, file, std::strerror(error_number), remedy_for(error_number));
}

Result<void> use_certificate(SSL_CTX* context, const std::string& file) {
  if (auto readable = check_readable("tls.certificate", file); !readable) return readable;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) == 1) return {};
  return fault("tls.certificate", file, take_openssl_error(),
               "It must hold PEM blocks \"BEGIN CERTIFICATE\", the server's own first and then its "
               "intermediates");
}

Result<void> use_private_key(SSL_CTX* context, const TlsConfig& config) {
  if (auto readable = check_readable("tls.privateKey", config.private_key); !readable) {
    return readable;
  }
  ERR_clear_error();
  const BioPtr file(BIO_new_file(config.private_key.c_str(), "rb"));
  bool encrypted = false;
  const KeyPtr key(
      file ? PEM_read_bio_PrivateKey(file.get(), nullptr, refuse_passphrase, &encrypted) : nullptr);
  if (encrypted) {
    ERR_clear_error();
    return fault("tls.privateKey", config.private_key, "the key is encrypted",
                 "Remove its passphrase with `openssl pkey -in OLD -out NEW`");
  }
  if (!key) {
    return fault("tls.privateKey", config.private_key, take_openssl_error(),
                 "It must hold one PEM block \"BEGIN PRIVATE KEY\"");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1) {
    return {};
  }
  return fault("tls.privateKey", config.private_key, take_openssl_error(),
               "It must belong to the first certificate in " + config.certificate);
}

TlsContextPtr make_context() {
  TlsContextPtr owner(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* context = owner.get();
  if (context == nullptr) return nullptr;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets carry the session, so the server keeps none; one is enough for a client that resumes.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
  static constexpr unsigned char kSessionContext[] = "eventsd";
  const bool ok =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1 &&
      SSL_CTX_set_ciphersuites(context, kTls13Ciphers) == 1 &&
      SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
      SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext) - 1) == 1;
  return ok ? owner : nullptr;
}

std::string name_text(X509_NAME* name) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::chrono::system_clock::time_point time_point(const ASN1_TIME* time) {
  std::tm broken_down{};
  ASN1_TIME_to_tm(time, &broken_down);
  return std::chrono::system_clock::from_time_t(::timegm(&broken_down));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  // i2a_IPADDRESS is not public; both families fit the classic notations.
  const unsigned char* bytes = ASN1_STRING_get0_data(address);
  const int length = ASN1_STRING_length(address);
  std::string text;
  if (length == 4) {
    for (int i = 0; i < 4; ++i) text += (i > 0 ? "." : "") + std::to_string(bytes[i]);
    return text;
  }
  char group[8];
  for (int i = 0; i + 1 < length; i += 2) {
    std::snprintf(group, sizeof(group), "%s%x", i > 0 ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
    text += group;
  }
  return text;
}

std::vector<std::string> subject_alt_names(X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type == GEN_DNS) {
      const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      names.emplace_back(data, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_text(name->d.iPAddress));
    }
  }
  GENERAL_NAMES_free(list);
  return names;
}

std::string fingerprint(X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  std::string text;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return text;
  for (unsigned i = 0; i < length; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

TlsFilesStamp::File stamp_file(const std::string& path) {
  struct stat status{};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  return {status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec,
          static_cast<std::uint64_t>(status.st_size), status.st_ino};
}

}  // namespace

Result<TlsContextPtr> load_tls_context(const TlsConfig& config) {
  TlsContextPtr context = make_context();
  if (!context) return fail(ErrorKind::internal, "TLS cannot be set up: " + take_openssl_error());
  if (auto used = use_certificate(context.get(), config.certificate); !used) return used.error();
  if (auto used = use_private_key(context.get(), config); !used) return used.error();
  return context;
}

Result<CertificateInfo> read_certificate_info(const std::string& pem_file) {
  if (auto readable = check_readable("certificate", pem_file); !readable) return readable.error();
  ERR_clear_error();
  const BioPtr file(BIO_new_file(pem_file.c_str(), "rb"));
  const X509Ptr certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
                                 : nullptr);
  if (!certificate) return fault("certificate", pem_file, take_openssl_error(), "");
  X509* x509 = certificate.get();
  return CertificateInfo{name_text(X509_get_subject_name(x509)),
                         name_text(X509_get_issuer_name(x509)),
                         subject_alt_names(x509),
                         time_point(X509_get0_notBefore(x509)),
                         time_point(X509_get0_notAfter(x509)),
                         fingerprint(x509)};
}

TlsFilesStamp stamp(const TlsConfig& config) {
  return {{stamp_file(config.certificate), stamp_file(config.private_key)}};
}

}  // namespace eventsd::net
