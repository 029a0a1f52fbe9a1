#include "net/tls_context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "net/openssl_ptr.hpp"
#include "net/self_signed.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::net {
namespace {

using test::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;
using ClientContext = std::unique_ptr<SSL_CTX, SslFree>;

// A client and a server that share two memory buffers.
struct Pair {
  Pair(SSL_CTX* client_context, SSL_CTX* server_context)
      : client(SSL_new(client_context)), server(SSL_new(server_context)) {
    BIO *client_end = nullptr, *server_end = nullptr;
    BIO_new_bio_pair(&client_end, 0, &server_end, 0);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }
  bool shake_hands() {
    for (int i = 0; i < 10; ++i) {
      const bool client_done = SSL_do_handshake(client.get()) == 1;
      const bool server_done = SSL_do_handshake(server.get()) == 1;
      if (client_done && server_done) return true;
    }
    return false;
  }
  SslPtr client, server;
};

class TlsContext : public ::testing::Test {
 protected:
  TlsContext() : config_(*prepare_self_signed({}, dir_.path())) {}
  std::string message(const TlsConfig& config) {
    const auto context = load_tls_context(config);
    return context ? "loaded" : context.error().message;
  }
  TempDir dir_;
  TlsConfig config_;
  ClientContext client_{SSL_CTX_new(TLS_client_method())};
};

TEST_F(TlsContext, SpeaksTls13WithAClientThatTrustsTheCa) {
  const auto server = load_tls_context(config_);
  ASSERT_TRUE(server);
  SSL_CTX_load_verify_locations(client_.get(), self_signed_ca_file(dir_.path()).c_str(), nullptr);
  SSL_CTX_set_verify(client_.get(), SSL_VERIFY_PEER, nullptr);
  Pair pair(client_.get(), server->get());
  SSL_set1_host(pair.client.get(), "localhost");
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_STREQ(SSL_get_version(pair.client.get()), "TLSv1.3");
}

TEST_F(TlsContext, RefusesTls11) {
  const auto server = load_tls_context(config_);
  ASSERT_TRUE(server);
  SSL_CTX_set_security_level(client_.get(), 0);
  SSL_CTX_set_min_proto_version(client_.get(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_1_VERSION);
  EXPECT_FALSE(Pair(client_.get(), server->get()).shake_hands());
}

TEST_F(TlsContext, ChoosesHttp11AmongOfferedProtocols) {
  const auto server = load_tls_context(config_);
  ASSERT_TRUE(server);
  SSL_CTX_set_alpn_protos(client_.get(),
                          reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
  Pair pair(client_.get(), server->get());
  ASSERT_TRUE(pair.shake_hands());
  const unsigned char* chosen = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(pair.client.get(), &chosen, &length);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), length), "http/1.1");
}

TEST_F(TlsContext, RefusesAClientThatOffersOnlyHttp2) {
  const auto server = load_tls_context(config_);
  ASSERT_TRUE(server);
  SSL_CTX_set_alpn_protos(client_.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
  EXPECT_FALSE(Pair(client_.get(), server->get()).shake_hands());
}

TEST_F(TlsContext, ForbidsRenegotiation) {
  const auto server = load_tls_context(config_);
  ASSERT_TRUE(server);
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_2_VERSION);
  Pair pair(client_.get(), server->get());
  ASSERT_TRUE(pair.shake_hands());
  ASSERT_EQ(SSL_renegotiate(pair.client.get()), 1);
  SSL_do_handshake(pair.client.get());
  char byte = 0;
  SSL_read(pair.server.get(), &byte, 1);
  EXPECT_LE(SSL_do_handshake(pair.client.get()), 0);
  EXPECT_EQ(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);
}

TEST_F(TlsContext, ReleasesBuffersOfIdleConnectionsAndKeepsNoSessions) {
  const auto server = load_tls_context(config_);
  ASSERT_TRUE(server);
  EXPECT_TRUE(SSL_CTX_get_mode(server->get()) & SSL_MODE_RELEASE_BUFFERS);
  EXPECT_EQ(SSL_CTX_get_session_cache_mode(server->get()), SSL_SESS_CACHE_OFF);
  EXPECT_FALSE(SSL_CTX_get_options(server->get()) & SSL_OP_NO_TICKET);
}

TEST_F(TlsContext, SaysWhichFileIsMissingAndWhatToDo) {
  config_.certificate = "/nowhere/fullchain.pem";
  EXPECT_THAT(message(config_),
              AllOf(HasSubstr("tls.certificate"), HasSubstr("/nowhere/fullchain.pem"),
                    HasSubstr("No such file"), HasSubstr("Correct the path")));
}

TEST_F(TlsContext, SaysThatACertificateFileHoldsNone) {
  config_.certificate = dir_.write("empty.pem", "");
  EXPECT_THAT(message(config_), AllOf(HasSubstr("empty.pem"), HasSubstr("BEGIN CERTIFICATE")));
}

TEST_F(TlsContext, SaysThatAKeyBelongsToAnotherCertificate) {
  TempDir other;
  config_.private_key = prepare_self_signed({}, other.path())->private_key;
  EXPECT_THAT(message(config_), AllOf(HasSubstr("tls.privateKey"), HasSubstr("mismatch"),
                                      HasSubstr(config_.certificate)));
}

TEST_F(TlsContext, RefusesAnEncryptedKeyWithoutAskingForItsPassphrase) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  config_.private_key = dir_.path("encrypted.pem");
  const BioPtr file(BIO_new_file(config_.private_key.c_str(), "wb"));
  char passphrase[] = "secret";
  PEM_write_bio_PKCS8PrivateKey(file.get(), key.get(), EVP_aes_128_cbc(), passphrase, 6, nullptr,
                                nullptr);
  BIO_flush(file.get());
  EXPECT_THAT(message(config_), AllOf(HasSubstr("encrypted"), HasSubstr("openssl pkey")));
}

TEST_F(TlsContext, DescribesACertificate) {
  const auto info = read_certificate_info(config_.certificate);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->subject, "CN=localhost,O=eventsd");
  EXPECT_THAT(info->names, ::testing::ElementsAre("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"));
  EXPECT_EQ(info->not_after - info->not_before, kSelfSignedLifetime);
  EXPECT_EQ(info->sha256.size(), 64u);
}

TEST_F(TlsContext, StampChangesWhenAFileIsReplacedOrRemoved) {
  const TlsFilesStamp before = stamp(config_);
  EXPECT_EQ(stamp(config_), before);
  const std::string content = test::read_file(config_.certificate);
  std::filesystem::rename(dir_.write("new.pem", content), config_.certificate);
  const TlsFilesStamp after = stamp(config_);
  EXPECT_NE(after, before);
  std::filesystem::remove(config_.certificate);
  EXPECT_NE(stamp(config_), after);
}

TEST_F(TlsContext, StampSeesASwappedSymbolicLink) {
  TempDir other;
  const TlsConfig other_config = *prepare_self_signed({}, other.path());
  TlsConfig linked = config_;
  linked.certificate = dir_.path("link.pem");
  std::filesystem::create_symlink(config_.certificate, linked.certificate);
  const TlsFilesStamp before = stamp(linked);
  std::filesystem::remove(linked.certificate);
  std::filesystem::create_symlink(other_config.certificate, linked.certificate);
  EXPECT_NE(stamp(linked), before);
}

}  // namespace
}  // namespace eventsd::net
