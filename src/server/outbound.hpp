// What a connection has still to send: frames, appended as they come, written once a loop turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/transport.hpp"
#include "protocol/ws_frame.hpp"
#include "server/buffer_pool.hpp"

namespace eventsd::server {

// Has no buffer while it is empty.
//   thread   the shard's
class Outbound {
 public:
  explicit Outbound(BufferPool& pool) : pool_(pool) {}
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;
  ~Outbound() { release(); }

  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }

  // What is appended next takes about this much.
  void reserve(std::size_t bytes) {
    extend(bytes);
    end_ -= bytes;
  }
  // Bytes that are not a frame: the answer to the upgrade. REQUIRES: empty().
  void append_raw(std::string_view bytes);
  void append_frame(protocol::Opcode opcode, std::string_view payload);
  // One data frame: a text frame of these pieces.
  void append_data(std::string_view id, std::string_view suffix, std::string_view ending);

  // The same frame, written to `out`, which has room for it; returns its end.
  static char* encode_data(char* out, std::string_view id, std::string_view suffix,
                           std::string_view ending);
  // Its beginning alone, up to the suffix: the frame's payload has `rest` bytes behind it.
  static char* encode_data_head(char* out, std::string_view id, std::size_t rest);
  // One data frame whose first `sent` bytes have gone. REQUIRES: empty(), and that some are left.
  void append_data_rest(std::string_view id, std::string_view suffix, std::string_view ending,
                        std::size_t sent);
  static std::size_t data_size(std::string_view id, std::string_view suffix,
                               std::string_view ending);
  // Keeps what is left of frames that begin at a boundary, `sent` bytes of which have gone.
  // REQUIRES: empty().
  void append_partly_sent(std::string_view frames, std::size_t sent);

  // Forgets every frame of which nothing has been written yet (or given to TLS).
  void drop_unstarted(std::size_t pending_write);

  // Forgets everything.
  void discard() { release(); }

  // Writes until empty or blocked: ok (empty), want_read, want_write, closed or failed. `written`
  // grows by what was sent.
  net::IoStatus flush(net::Transport& transport, std::uint64_t& written);

 private:
  char* extend(std::size_t bytes);
  void consume(std::size_t bytes);
  void release();

  BufferPool& pool_;
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  // Bytes of the frame (or raw text) at begin_ that are left; 0: begin_ is at a boundary. Kept only
  // when a write was partial.
  std::size_t frame_rest_ = 0;
};

}  // namespace eventsd::server
