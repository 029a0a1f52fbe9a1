// The stream of the TLS floor: OpenSSL and nothing else. A turn's bytes for a connection are
// encrypted together and leave in one send, however many records they are; what one recv brought is
// decrypted together. Buffers live in OpenSSL only while a record is incomplete.
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "floor/floor.hpp"

namespace bench::stream {
namespace {

constexpr std::size_t kRecordOverhead = 17 * 1024;  // OpenSSL may hold most of a record already

SSL_CTX* context = nullptr;
BIO_METHOD* method = nullptr;
char raw[256 * 1024];       // what recv brought
std::string_view incoming;  // the part of it that OpenSSL has not taken
std::string sealed;         // what OpenSSL wants to send

int write_sealed(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  sealed.append(data, static_cast<std::size_t>(size));
  return size;
}

int read_incoming(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  if (incoming.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t part = std::min(incoming.size(), static_cast<std::size_t>(size));
  memcpy(into, incoming.data(), part);
  incoming.remove_prefix(part);
  return static_cast<int>(part);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

[[noreturn]] void fail() {
  ERR_print_errors_fp(stderr);
  std::exit(1);
}

}  // namespace

const bool kSeals = true;

int set_up(int argc, char** argv) {
  if (argc < 3) {
    fputs("usage: eventsd_tls_floor CERTIFICATE KEY [PORT]\n", stderr);
    std::exit(2);
  }
  context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr || SSL_CTX_use_certificate_chain_file(context, argv[1]) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1) {
    fail();
  }
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "floor");
  if (method == nullptr) fail();
  BIO_meth_set_write(method, write_sealed);
  BIO_meth_set_read(method, read_incoming);
  BIO_meth_set_ctrl(method, control);
  return 2;
}

void begin(Connection& connection) {
  SSL* ssl = SSL_new(context);
  BIO* bio = BIO_new(method);
  if (ssl == nullptr || bio == nullptr) fail();
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
  connection.stream = ssl;
}

void end(Connection& connection) { SSL_free(static_cast<SSL*>(connection.stream)); }

ssize_t receive(Connection& connection, char* into, std::size_t size) {
  const ssize_t got = recv(connection.fd, raw, std::min(sizeof raw, size - kRecordOverhead), 0);
  if (got <= 0) return got;
  incoming = {raw, static_cast<std::size_t>(got)};
  auto* ssl = static_cast<SSL*>(connection.stream);
  std::size_t total = 0;
  int taken = 0;
  while ((taken = SSL_read(ssl, into + total, static_cast<int>(size - total))) > 0) {
    total += static_cast<std::size_t>(taken);
  }
  const int error = SSL_get_error(ssl, taken);
  if (!sealed.empty()) {  // of the handshake
    connection.unsent += sealed;
    sealed.clear();
    mark_dirty(connection);
  }
  if (total > 0) return static_cast<ssize_t>(total);
  if (error == SSL_ERROR_WANT_READ) {
    errno = EAGAIN;
    return -1;
  }
  ERR_clear_error();
  return 0;
}

std::string_view seal(Connection& connection, std::string_view plain) {
  sealed.clear();
  if (!plain.empty()) {
    SSL_write(static_cast<SSL*>(connection.stream), plain.data(), static_cast<int>(plain.size()));
  }
  // `sealed` is used up by the caller before anything else is encrypted.
  static std::string handed_out;
  handed_out.swap(sealed);
  sealed.clear();
  return handed_out;
}

}  // namespace bench::stream
