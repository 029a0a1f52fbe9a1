// One epoll loop and the non-blocking sockets in it: the frame of the load client and of the stress
// client. One thread; nothing here is safe to share.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ws_client/tls.hpp"

namespace bench {

class Endpoint;

// Waits for readiness and dispatches it. Bytes that endpoints want to send leave once a turn, one
// send per endpoint, so that pipelined frames share a packet.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Waits at most `timeout` for readiness, dispatches it and flushes. Returns the number of ready
  // endpoints.
  int turn(std::chrono::milliseconds timeout);

 private:
  friend class Endpoint;
  void flush();

  int epoll_;
  std::unique_ptr<char[]> buffer_;  // what recv fills; only left-overs are kept by the endpoint
  std::vector<Endpoint*> dirty_;    // have bytes to send
};

// One TCP connection of a client. Derived classes give the bytes a meaning.
// An endpoint must not be destroyed inside Loop::turn(); close it there and destroy it later.
class Endpoint {
 public:
  explicit Endpoint(Loop& loop) : loop_(loop) {}
  virtual ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // Starts connecting. `source` is the local IPv4 address, empty for the kernel's choice;
  // `receive_buffer` is SO_RCVBUF in bytes, 0 for the default. Throws std::system_error if the
  // socket cannot be made. With `tls` what is sent waits for the handshake. REQUIRES: !is_open().
  void connect(const std::string& host, std::uint16_t port, const std::string& source = {},
               int receive_buffer = 0, bool tls = false);

  // Queues bytes; they leave at the end of the loop's turn. Ignored when closed.
  void send(std::string_view bytes);

  // Stops or resumes reading; the kernel's buffers then fill and the server feels it.
  void set_reading(bool wanted);

  // Sends what the kernel takes at once, then closes. `reset` drops everything with a RST.
  void close_now(bool reset = false);

  bool is_open() const { return fd_ >= 0; }
  std::size_t unsent_bytes() const { return waiting_.size() + out_.size() - out_offset_; }

 protected:
  virtual void on_connected() = 0;
  // Takes a prefix of `bytes` and returns its length; the rest comes again with more behind it.
  virtual std::size_t on_bytes(std::string_view bytes) = 0;
  // The peer ended the connection, or it failed. Already closed.
  virtual void on_ended() = 0;

  Loop& loop() { return loop_; }

 private:
  friend class Loop;
  void handle(std::uint32_t events);
  void read_some();
  void take(std::string_view bytes);
  void flush();
  void update_interest();

  Loop& loop_;
  int fd_ = -1;
  bool connected_ = false;
  bool reading_ = true;
  bool dirty_ = false;
  std::uint32_t interest_ = 0;
  std::uint32_t generation_ = 0;  // of the connection: left-overs never cross a reconnect
  std::string in_;                // bytes not taken yet
  std::string out_;               // as the kernel gets it
  std::string waiting_;           // with TLS: not yet encrypted
  std::unique_ptr<TlsStream> tls_;
  std::size_t out_offset_ = 0;
};

}  // namespace bench
