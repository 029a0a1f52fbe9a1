// A WebSocket that has been let in, and perhaps subscribed to one channel.
#pragma once

#include <string>
#include <string_view>

#include "app/bench_socket.hpp"

namespace eventsd::app::bench {

inline constexpr std::chrono::seconds kSetUpTimeout{15};  // as amplify waits

class Session : public Socket {
 public:
  using Socket::Socket;

  // Connects, upgrades, says connection_init, and subscribes when `channel` is not empty. It must
  // outlive that. REQUIRES: !is_open().
  Result<void> begin(std::string_view channel, std::size_t index);

  // Ends a session that has not become ready within kSetUpTimeout; on_lost() is called.
  void give_up();

  bool is_ready() const { return state_ == State::ready; }
  bool is_setting_up() const { return state_ != State::ready && state_ != State::closed; }
  Clock::time_point began() const { return began_; }

 protected:
  virtual void on_acknowledged() {}
  virtual void on_ready() = 0;  // acknowledged, and subscribed when a channel was given
  // A message after that, or a data frame.
  virtual void on_message(std::string_view text) = 0;
  // The connection is closed by now. `was_ready`: it had been set up.
  virtual void on_lost(const std::string& reason, bool was_ready) = 0;

 private:
  enum class State : std::uint8_t { closed, connecting, initialising, subscribing, ready };

  void on_upgraded() final;
  void on_text(std::string_view text) final;
  void on_closed(const std::string& reason) final;
  void on_set_up_message(std::string_view text);
  void become_ready();
  void refuse(const std::string& reason);

  std::string_view channel_;
  Clock::time_point began_;
  State state_ = State::closed;
};

// True for a keep-alive, however it is written.
bool is_keep_alive(std::string_view text);

}  // namespace eventsd::app::bench
