#include "server/outbound.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "protocol/server_message.hpp"

namespace eventsd::server {

char* Outbound::extend(std::size_t bytes) {
  if (end_ + bytes > capacity_) {
    const std::size_t used = size();
    if (buffer_ && begin_ > 0 && used + bytes <= capacity_ / 2) {
      std::memmove(buffer_, buffer_ + begin_, used);
    } else {
      std::size_t capacity = 0;
      // Half as much again: a backlog is copied when it has grown, not at every frame.
      const std::size_t room = used > 64 * 1024 ? (used + bytes) * 3 / 2 : used + bytes;
      char* const larger = pool_.take(room, capacity);
      if (buffer_) {
        std::memcpy(larger, buffer_ + begin_, used);
        pool_.give_back(buffer_, capacity_);
      }
      buffer_ = larger;
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }
  char* const place = buffer_ + end_;
  end_ += bytes;
  return place;
}

void Outbound::release() {
  if (buffer_) pool_.give_back(buffer_, capacity_);
  buffer_ = nullptr;
  capacity_ = begin_ = end_ = frame_rest_ = 0;
}

void Outbound::append_raw(std::string_view bytes) {
  assert(empty());
  std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  frame_rest_ = bytes.size();
}

void Outbound::append_frame(protocol::Opcode opcode, std::string_view payload) {
  char header[protocol::kMaxServerHeader];
  const std::size_t header_size = protocol::encode_frame_header(header, opcode, payload.size());
  char* const place = extend(header_size + payload.size());
  std::memcpy(place, header, header_size);
  std::memcpy(place + header_size, payload.data(), payload.size());
}

char* Outbound::encode_data(char* out, std::string_view id, std::string_view suffix,
                            std::string_view ending) {
  out = encode_data_head(out, id, suffix.size() + ending.size());
  for (const std::string_view piece : {suffix, ending}) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  }
  return out;
}

char* Outbound::encode_data_head(char* out, std::string_view id, std::size_t rest) {
  constexpr std::string_view prefix = protocol::kDataPrefix;
  out +=
      protocol::encode_frame_header(out, protocol::Opcode::text, prefix.size() + id.size() + rest);
  for (const std::string_view piece : {prefix, id}) {
    std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  }
  return out;
}

void Outbound::append_data(std::string_view id, std::string_view suffix, std::string_view ending) {
  const std::size_t most = protocol::kMaxServerHeader + protocol::kDataPrefix.size() + id.size() +
                           suffix.size() + ending.size();
  char* const place = extend(most);
  char* const end = encode_data(place, id, suffix, ending);
  end_ -= most - static_cast<std::size_t>(end - place);
}

std::size_t Outbound::data_size(std::string_view id, std::string_view suffix,
                                std::string_view ending) {
  char header[protocol::kMaxServerHeader];
  const std::size_t payload =
      protocol::kDataPrefix.size() + id.size() + suffix.size() + ending.size();
  return payload + protocol::encode_frame_header(header, protocol::Opcode::text, payload);
}

void Outbound::append_data_rest(std::string_view id, std::string_view suffix,
                                std::string_view ending, std::size_t sent) {
  assert(empty());
  std::string head(protocol::kMaxServerHeader + protocol::kDataPrefix.size() + id.size(), '\0');
  head.resize(static_cast<std::size_t>(
      encode_data_head(head.data(), id, suffix.size() + ending.size()) - head.data()));
  const std::size_t rest = head.size() + suffix.size() + ending.size() - sent;
  char* place = extend(rest);
  frame_rest_ = rest;
  for (std::string_view piece : {std::string_view(head), suffix, ending}) {
    const std::size_t gone = std::min(sent, piece.size());
    sent -= gone;
    piece.remove_prefix(gone);
    std::memcpy(place, piece.data(), piece.size());
    place += piece.size();
  }
}

void Outbound::append_partly_sent(std::string_view frames, std::size_t sent) {
  assert(empty());
  std::size_t boundary = 0;
  while (boundary < sent) boundary += protocol::server_frame_size(frames.substr(boundary));
  std::memcpy(extend(frames.size() - sent), frames.data() + sent, frames.size() - sent);
  frame_rest_ = boundary - sent;
}

void Outbound::consume(std::size_t bytes) {
  if (bytes == size()) {
    begin_ = end_;
    frame_rest_ = 0;
    return;
  }
  while (bytes > 0) {
    if (frame_rest_ == 0) {
      frame_rest_ = protocol::server_frame_size({buffer_ + begin_, size()});
      assert(frame_rest_ > 0);
    }
    const std::size_t step = std::min(frame_rest_, bytes);
    begin_ += step;
    bytes -= step;
    frame_rest_ -= step;
  }
}

void Outbound::drop_unstarted(std::size_t pending_write) {
  // What TLS has seen must be offered again, so the frames that it reaches into are kept.
  std::size_t keep = frame_rest_;
  while (keep < std::min(pending_write, size())) {
    keep += protocol::server_frame_size({buffer_ + begin_ + keep, size() - keep});
  }
  end_ = begin_ + keep;
  if (keep == 0) return release();
  // The backlog's buffer is worth more than the rest of one frame.
  std::size_t capacity = 0;
  char* const smaller = pool_.take(keep, capacity);
  std::memcpy(smaller, buffer_ + begin_, keep);
  pool_.give_back(buffer_, capacity_);
  buffer_ = smaller;
  capacity_ = capacity;
  begin_ = 0;
  end_ = keep;
}

net::IoStatus Outbound::flush(net::Transport& transport, std::uint64_t& written) {
  while (!empty()) {
    const iovec piece{buffer_ + begin_, size()};
    const net::IoResult result = transport.try_write({&piece, 1});
    if (result.status != net::IoStatus::ok) return result.status;
    written += result.bytes;
    consume(result.bytes);
  }
  release();
  return net::IoStatus::ok;
}

}  // namespace eventsd::server
