// The load generator's connections: an epoll loop, and byte streams, plain or TLS, without a thread
// or a buffer of their own, so that one process can hold tens of thousands.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"
#include "net/connect.hpp"
#include "net/url.hpp"

struct ssl_st;

namespace eventsd::app::bench {

using Clock = std::chrono::steady_clock;

// Where to connect; the name has been resolved.
struct Target {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::string host;          // as in the URL, for the certificate's check
  net::TlsContextPtr trust;  // null: plain

  // True for 127.0.0.0/8 and ::1.
  bool is_loopback() const;
};

// Resolves the URL's host and takes the first address that accepts a connection.
//   errors   internal: with net::kCannotConnect in front; bad_request: the CA file
//   thread   any; blocks for at most `options.timeout` for each address
Result<Target> find_target(const net::Url& url, const net::ConnectOptions& options);

class Stream;

// One thread's connections.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Sends what is queued, waits for readiness until `wake_at` at most, and dispatches it.
  void turn(Clock::time_point wake_at);

  // Ends the wait of turn().
  //   thread   any
  void wake();

  // When the bytes that are being dispatched were read.
  Clock::time_point now() const { return now_; }

  std::uint64_t bytes_received() const { return bytes_received_; }  // TLS removed
  std::uint64_t bytes_sent() const { return bytes_sent_; }          // before TLS

 private:
  friend class Stream;
  void flush();

  int epoll_;
  int event_;                       // an eventfd, for wake()
  std::unique_ptr<char[]> buffer_;  // what reads fill; streams keep incomplete messages alone
  std::vector<Stream*> dirty_;      // have bytes to send
  Clock::time_point now_ = Clock::now();
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_sent_ = 0;
};

// One connection. Must not be destroyed inside Loop::turn(); drop() it there and destroy it later.
//   thread   the loop's
class Stream {
 public:
  explicit Stream(Loop& loop) : loop_(loop) {}
  virtual ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Starts connecting. On loopback the source address is chosen by `index`, 2,000 connections each,
  // since the kernel's search for a free port becomes slow beyond that. REQUIRES: !is_open().
  //   errors   internal: no descriptor or no port; says what to do
  Result<void> open(const Target& target, std::size_t index);

  // Queues bytes; they leave at the end of the loop's turn. Ignored when closed.
  void send(std::string_view bytes);

  // Sends what the kernel takes at once and resets the connection, so that no port stays in
  // TIME_WAIT. on_ended() is not called.
  void drop();

  bool is_open() const { return fd_ >= 0; }
  std::size_t unsent_bytes() const { return out_.size() - out_offset_; }

 protected:
  virtual void on_connected() = 0;  // and the TLS handshake is done
  // Takes a prefix of `bytes` and returns its length; the rest comes again with more behind it.
  virtual std::size_t on_bytes(std::string_view bytes) = 0;
  // The peer ended the connection, or it failed. Already closed. `reason` is for a person.
  virtual void on_ended(const std::string& reason) = 0;

  Loop& loop() { return loop_; }

 private:
  friend class Loop;
  struct SslDelete {
    void operator()(ssl_st* ssl) const;
  };
  enum class State : std::uint8_t { connecting, handshaking, connected };

  void handle(std::uint32_t events);
  void finish_connect();
  void shake_hands();
  void become_connected();
  void read_all();
  bool dispatch(std::string_view bytes);
  // Bytes moved; 0: would block; -1: the end, with the reason in `reason`.
  std::ptrdiff_t read_some(std::string& reason);
  std::ptrdiff_t write_some(std::string_view bytes);
  void flush();
  void close();
  void end(const std::string& reason);
  void update_interest();

  Loop& loop_;
  std::unique_ptr<ssl_st, SslDelete> ssl_;
  std::string in_;  // bytes not taken yet
  std::string out_;
  std::size_t out_offset_ = 0;
  int fd_ = -1;
  std::uint32_t interest_ = 0;
  std::uint32_t generation_ = 0;  // of the connection: left-overs never cross a reconnect
  State state_ = State::connecting;
  bool is_dirty_ = false;
  bool handshake_wants_write_ = false;
};

}  // namespace eventsd::app::bench
