// A WebSocket of the load generator: the upgrade with credentials, and frames.
#pragma once

#include <string>
#include <string_view>

#include "app/bench_credentials.hpp"
#include "app/bench_stream.hpp"

namespace eventsd::app::bench {

// How to reach the endpoint; shared by every connection of a run.
struct Access {
  Target realtime;
  Target publish;                  // only when publishing over HTTP
  std::string realtime_authority;  // Host headers
  std::string publish_authority;
  std::string realtime_path;  // request targets
  std::string publish_path;
  std::unique_ptr<Credentials> credentials;
};

class Socket : public Stream {
 public:
  Socket(Loop& loop, const Access& access) : Stream(loop), access_(access) {}

  // Connects and asks for the upgrade. `index` chooses the source address, see Stream::open().
  Result<void> open_socket(std::size_t index);

  void send_text(std::string_view text);

  // Sends a close frame and drops the connection; on_closed() is not called.
  void close_socket();

 protected:
  virtual void on_upgraded() = 0;
  virtual void on_text(std::string_view text) = 0;
  // The connection ended, or was refused. `reason` is for a person, and the same for the same
  // cause.
  virtual void on_closed(const std::string& reason) = 0;

  const Access& access() const { return access_; }

 private:
  void on_connected() final;
  std::size_t on_bytes(std::string_view bytes) final;
  void on_ended(const std::string& reason) final;
  std::size_t take_upgrade(std::string_view bytes);
  std::size_t take_frame(std::string_view bytes);
  void send_frame(unsigned char opcode, std::string_view payload);

  const Access& access_;
  std::string fragments_;
  bool is_upgraded_ = false;
};

}  // namespace eventsd::app::bench
