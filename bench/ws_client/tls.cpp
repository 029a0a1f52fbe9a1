#include "ws_client/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t kPlainBytes = 512 * 1024;  // more than one recv of the loop can hold

SSL_CTX* make_context() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) throw std::runtime_error("OpenSSL: no client context");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // What browsers offer first; every server that is compared then encrypts with the same cipher.
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  return context;
}

}  // namespace

TlsStream::TlsStream() {
  static SSL_CTX* const context = make_context();
  ssl_ = SSL_new(context);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (ssl_ == nullptr || in == nullptr || out == nullptr) throw std::runtime_error("OpenSSL");
  SSL_set_bio(ssl_, in, out);
  SSL_set_connect_state(ssl_);
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

bool TlsStream::is_established() const { return SSL_is_init_finished(ssl_) == 1; }

void TlsStream::drain(std::string& wire) {
  BIO* out = SSL_get_wbio(ssl_);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  if (size <= 0) return;
  wire.append(data, static_cast<std::size_t>(size));
  (void)BIO_reset(out);
}

void TlsStream::seal(std::string& plain, std::string& wire) {
  if (!is_established()) SSL_do_handshake(ssl_);
  if (is_established() && !plain.empty()) {
    SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
    plain.clear();
  }
  drain(wire);
}

bool TlsStream::receive(std::string_view wire, std::string_view& plain) {
  static thread_local const std::unique_ptr<char[]> buffer(new char[kPlainBytes]);
  BIO_write(SSL_get_rbio(ssl_), wire.data(), static_cast<int>(wire.size()));
  std::size_t size = 0;
  int taken = 0;
  while ((taken = SSL_read(ssl_, buffer.get() + size, static_cast<int>(kPlainBytes - size))) > 0) {
    size += static_cast<std::size_t>(taken);
  }
  plain = {buffer.get(), size};
  const int error = SSL_get_error(ssl_, taken);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ;
}

}  // namespace bench
