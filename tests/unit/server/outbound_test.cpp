#include "server/outbound.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <random>
#include <string>

#include "protocol/server_message.hpp"

namespace eventsd::server {
namespace {

using protocol::Opcode;

// A transport over a socket pair whose buffers are small, and the peer that reads.
struct Wire {
  Wire() : transport(open()) {}
  ~Wire() { ::close(peer); }

  net::Transport open() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const int small = 4096;
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    peer = ends[1];
    return net::Transport(poller, ends[0]);
  }
  std::string read(std::size_t most) {
    std::string bytes(most, '\0');
    const ssize_t got = ::recv(peer, bytes.data(), most, MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  net::IoStatus flush(Outbound& outbound) { return outbound.flush(transport, written); }

  boost::asio::io_context io;
  net::Poller poller{io};
  int peer = -1;
  net::Transport transport;
  std::uint64_t written = 0;
};

std::string frame(Opcode opcode, std::string_view payload) {
  std::string bytes;
  protocol::append_frame(bytes, opcode, payload);
  return bytes;
}

TEST(Outbound, WritesADataFrameAsOneTextFrameOfItsPieces) {
  BufferPool pool;
  Outbound outbound(pool);
  Wire wire;
  outbound.append_data("id", R"(","event":"1")", "}");
  EXPECT_EQ(wire.flush(outbound), net::IoStatus::ok);
  EXPECT_EQ(wire.read(1000), frame(Opcode::text, R"({"type":"data","id":"id","event":"1"})"));
  EXPECT_TRUE(outbound.empty());
}

TEST(Outbound, ForgetsEverythingWhenNothingHasBeenWritten) {
  BufferPool pool;
  Outbound outbound(pool);
  outbound.append_frame(Opcode::text, "one");
  outbound.append_frame(Opcode::text, "two");
  outbound.drop_unstarted(0);
  EXPECT_TRUE(outbound.empty());
}

TEST(Outbound, KeepsTheAnswerToTheUpgradeWhole) {
  BufferPool pool;
  Outbound outbound(pool);
  Wire wire;
  outbound.append_raw("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  outbound.append_frame(Opcode::text, "one");
  outbound.drop_unstarted(0);
  EXPECT_EQ(wire.flush(outbound), net::IoStatus::ok);
  EXPECT_EQ(wire.read(1000), "HTTP/1.1 101 Switching Protocols\r\n\r\n");
}

TEST(Outbound, KeepsEveryFrameThatTlsHasSeen) {
  BufferPool pool;
  Outbound outbound(pool);
  Wire wire;
  for (const char* text : {"one", "two", "three"}) outbound.append_frame(Opcode::text, text);
  outbound.drop_unstarted(frame(Opcode::text, "one").size() + 1);
  EXPECT_EQ(wire.flush(outbound), net::IoStatus::ok);
  EXPECT_EQ(wire.read(1000), frame(Opcode::text, "one") + frame(Opcode::text, "two"));
}

TEST(Outbound, SaysThatThePeerIsGone) {
  BufferPool pool;
  Outbound outbound(pool);
  Wire wire;
  ::shutdown(wire.peer, SHUT_RDWR);
  outbound.append_frame(Opcode::text, "one");
  EXPECT_EQ(wire.flush(outbound), net::IoStatus::failed);
}

// The model: frames in order, and how much of the first has been written.
class OutboundModel : public ::testing::TestWithParam<unsigned> {};

TEST_P(OutboundModel, EveryStreamIsWholeFramesInOrderWhateverIsDropped) {
  std::mt19937 random(GetParam());
  BufferPool pool;
  Outbound outbound(pool);
  Wire wire;
  std::deque<std::string> queued;  // the first may have begun
  std::size_t begun = 0;           // bytes of the first that are written
  std::string expected;
  std::string received;
  for (int step = 0; step < 400; ++step) {
    switch (random() % 6) {
      case 0:
      case 1:
      case 2: {
        // All three forms of a frame's length.
        const std::size_t sizes[] = {random() % 126, random() % 3000, 65500 + random() % 100};
        const std::string payload(sizes[random() % 8 == 0 ? 2 : random() % 2],
                                  static_cast<char>('a' + step % 26));
        outbound.append_frame(Opcode::text, payload);
        queued.push_back(frame(Opcode::text, payload));
        break;
      }
      case 3: {
        const std::uint64_t before = wire.written;
        const net::IoStatus status = wire.flush(outbound);
        std::uint64_t written = wire.written - before;
        while (written > 0) {
          const std::size_t step_size =
              std::min<std::uint64_t>(written, queued.front().size() - begun);
          expected.append(queued.front(), begun, step_size);
          begun += step_size;
          written -= step_size;
          if (begun < queued.front().size()) break;
          queued.pop_front();
          begun = 0;
        }
        EXPECT_EQ(status == net::IoStatus::ok, queued.empty());
        break;
      }
      case 4:
        received += wire.read(1 + random() % 20000);
        break;
      default:
        if (random() % 4 != 0) break;
        outbound.drop_unstarted(0);
        queued.resize(begun > 0 ? 1 : 0);
    }
    std::size_t left = 0;
    for (const std::string& one : queued) left += one.size();
    ASSERT_EQ(outbound.size(), left - begun);
  }
  while (wire.flush(outbound) != net::IoStatus::ok) received += wire.read(1u << 20);
  for (const std::string& one : queued) {
    expected.append(one, begun);
    begun = 0;
  }
  for (std::string more = wire.read(1u << 20); !more.empty(); more = wire.read(1u << 20)) {
    received += more;
  }
  EXPECT_TRUE(received == expected) << received.size() << " bytes for " << expected.size();
}

INSTANTIATE_TEST_SUITE_P(Seeds, OutboundModel, ::testing::Range(1u, 31u));

}  // namespace
}  // namespace eventsd::server
