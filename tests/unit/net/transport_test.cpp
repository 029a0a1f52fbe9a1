// A byte stream over a socket pair, plain and TLS.
#include "net/transport.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "net/self_signed.hpp"
#include "net/tls_context.hpp"
#include "unit/net/support/temp_dir.hpp"

namespace eventsd::net {
namespace {

// A transport and the other end of its socket pair, non-blocking.
struct Wire {
  explicit Wire(int buffer = 0) : transport(open(buffer)) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { hang_up(); }

  Transport open(int buffer) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    if (buffer > 0) ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    peer = ends[1];
    return Transport(poller, ends[0]);
  }
  void hang_up() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  std::string peer_reads() {
    std::string bytes(1u << 20, '\0');
    const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  IoResult write(std::string& text) {
    const iovec piece{text.data(), text.size()};
    return transport.try_write({&piece, 1});
  }

  boost::asio::io_context io;
  Poller poller{io};
  int peer = -1;
  Transport transport;
};

std::string read(Transport& transport, IoStatus* status = nullptr) {
  std::array<char, 65536> bytes;
  const IoResult result = transport.try_read(bytes);
  if (status) *status = result.status;
  return {bytes.data(), result.bytes};
}

TEST(PlainTransport, WantsReadWhileThereIsNothing) {
  Wire wire;
  IoStatus status{};
  EXPECT_EQ(read(wire.transport, &status), "");
  EXPECT_EQ(status, IoStatus::want_read);
}

TEST(PlainTransport, ReadsWhatThePeerSentThenItsEnd) {
  Wire wire;
  ASSERT_EQ(::send(wire.peer, "hello", 5, 0), 5);
  wire.hang_up();
  IoStatus status{};
  EXPECT_EQ(read(wire.transport, &status), "hello");
  EXPECT_EQ(status, IoStatus::ok);
  read(wire.transport, &status);
  EXPECT_EQ(status, IoStatus::closed);
}

TEST(PlainTransport, PeeksWithoutTaking) {
  Wire wire;
  std::array<char, 2> bytes{};
  EXPECT_EQ(wire.transport.peek(bytes).status, IoStatus::want_read);
  ASSERT_EQ(::send(wire.peer, "hello", 5, 0), 5);
  EXPECT_EQ(wire.transport.peek(bytes).bytes, 2u);
  EXPECT_EQ(read(wire.transport), "hello");
}

TEST(PlainTransport, WritesPiecesInOrder) {
  Wire wire;
  std::string one = "one,", two = "two";
  const std::array<iovec, 2> pieces{iovec{one.data(), one.size()}, iovec{two.data(), two.size()}};
  EXPECT_EQ(wire.transport.try_write(pieces).bytes, 7u);
  EXPECT_EQ(wire.peer_reads(), "one,two");
}

TEST(PlainTransport, WritesAsMuchAsFitsThenWantsWrite) {
  Wire wire(4096);
  std::string text(1u << 20, 'x');
  IoResult result = wire.write(text);
  EXPECT_EQ(result.status, IoStatus::ok);
  EXPECT_LT(result.bytes, text.size());
  while (result.status == IoStatus::ok) result = wire.write(text);
  EXPECT_EQ(result.status, IoStatus::want_write);
  EXPECT_EQ(wire.transport.pending_write(), 0u);
}

TEST(PlainTransport, FailsToWriteToNobody) {
  Wire wire;
  wire.hang_up();
  std::string text = "hello";
  EXPECT_EQ(wire.write(text).status, IoStatus::failed);  // and raises no SIGPIPE
}

TEST(PlainTransport, ReadsOnAfterItHasEndedItsOwnSide) {
  Wire wire;
  wire.transport.shutdown_write();
  ASSERT_EQ(::send(wire.peer, "late", 4, 0), 4);
  EXPECT_EQ(read(wire.transport), "late");
  char byte = 0;
  EXPECT_EQ(::recv(wire.peer, &byte, 1, 0), 0);
}

// A client that trusts everything, on the peer's socket.
class TlsTransport : public ::testing::Test {
 protected:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  void SetUp() override {
    const auto context = load_tls_context(*prepare_self_signed({}, dir_.path()));
    ASSERT_TRUE(context);
    context_ = *context;
    ASSERT_TRUE(wire_.transport.start_tls(context_.get()));
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(client_.get(), wire_.peer);
    SSL_set_connect_state(client_.get());
  }
  // The server's side of it takes place in try_read.
  void shake_hands() {
    for (int i = 0; i < 10 && SSL_do_handshake(client_.get()) != 1; ++i) read(wire_.transport);
    ASSERT_TRUE(SSL_is_init_finished(client_.get()));
    read(wire_.transport);
  }
  std::string client_reads() {
    std::string all;
    std::array<char, 65536> bytes;
    for (;;) {
      const int got = SSL_read(client_.get(), bytes.data(), bytes.size());
      if (got <= 0) return all;
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  void client_writes(std::string_view text) {
    ASSERT_EQ(SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  test::TempDir dir_;
  TlsContextPtr context_;
  Wire wire_{4096};
  std::unique_ptr<SSL_CTX, Free> client_context_;
  std::unique_ptr<SSL, Free> client_;
};

TEST_F(TlsTransport, ShakesHandsWhileItReads) {
  shake_hands();
  EXPECT_TRUE(wire_.transport.is_tls());
  client_writes("hello");
  EXPECT_EQ(read(wire_.transport), "hello");
}

TEST_F(TlsTransport, JoinsSmallPiecesIntoOneRecord) {
  shake_hands();
  client_reads();  // session tickets
  std::string one = "one,", two = "two";
  const std::array<iovec, 2> pieces{iovec{one.data(), one.size()}, iovec{two.data(), two.size()}};
  EXPECT_EQ(wire_.transport.try_write(pieces).bytes, 7u);
  std::array<char, 100> record;
  EXPECT_EQ(SSL_read(client_.get(), record.data(), record.size()), 7);
}

TEST_F(TlsTransport, SaysWhatItHoldsThatNoReadinessWillAnnounce) {
  shake_hands();
  client_writes(std::string(1000, 'x'));
  std::array<char, 10> few;
  EXPECT_EQ(wire_.transport.try_read(few).bytes, 10u);
  EXPECT_TRUE(wire_.transport.has_buffered());
  EXPECT_EQ(read(wire_.transport).size(), 990u);
  EXPECT_FALSE(wire_.transport.has_buffered());
}

TEST_F(TlsTransport, SaysHowMuchMustBeOfferedAgainWhenAWriteBlocks) {
  shake_hands();
  std::string text;
  for (int i = 0; text.size() < 200'000; ++i) text += std::to_string(i) + ' ';
  std::string sent = text, received;
  bool blocked = false;
  for (int i = 0; i < 1000 && !sent.empty(); ++i) {
    std::string moved = sent;  // the buffer moves, as a growing queue does
    const IoResult result = wire_.write(moved);
    if (result.status == IoStatus::ok) {
      EXPECT_EQ(wire_.transport.pending_write(), 0u);
      sent.erase(0, result.bytes);
      continue;
    }
    ASSERT_EQ(result.status, IoStatus::want_write);
    EXPECT_GT(wire_.transport.pending_write(), 0u);
    blocked = true;
    sent += "!";  // more may follow what was offered
    text += "!";
    received += client_reads();
  }
  received += client_reads();
  EXPECT_TRUE(blocked);
  EXPECT_EQ(received, text);
}

TEST_F(TlsTransport, EndsCleanlyWithCloseNotify) {
  shake_hands();
  SSL_shutdown(client_.get());
  IoStatus status{};
  read(wire_.transport, &status);
  EXPECT_EQ(status, IoStatus::closed);
}

TEST_F(TlsTransport, FailsWhenTheStreamIsCutOff) {
  shake_hands();
  ::shutdown(wire_.peer, SHUT_WR);
  IoStatus status{};
  read(wire_.transport, &status);
  EXPECT_EQ(status, IoStatus::failed);
}

TEST_F(TlsTransport, FailsOnWhatIsNoTls) {
  ASSERT_EQ(::send(wire_.peer, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
  IoStatus status{};
  read(wire_.transport, &status);
  EXPECT_EQ(status, IoStatus::failed);
}

TEST_F(TlsTransport, TellsItsPeerThatItHasNothingMoreToSend) {
  shake_hands();
  client_reads();
  wire_.transport.shutdown_write();
  std::array<char, 10> bytes;
  const int got = SSL_read(client_.get(), bytes.data(), bytes.size());
  EXPECT_EQ(SSL_get_error(client_.get(), got), SSL_ERROR_ZERO_RETURN);
}

}  // namespace
}  // namespace eventsd::net
