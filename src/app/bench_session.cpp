#include "app/bench_session.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "app/events_socket.hpp"
#include "app/json_member.hpp"

namespace eventsd::app::bench {

using nlohmann::json;

Result<void> Session::begin(std::string_view channel, std::size_t index) {
  channel_ = channel;
  began_ = Clock::now();
  state_ = State::connecting;
  auto opened = open_socket(index);
  if (!opened) state_ = State::closed;
  return opened;
}

void Session::give_up() {
  switch (state_) {
    case State::connecting:
      return refuse("the server did not answer the upgrade");
    case State::initialising:
      return refuse("the server did not acknowledge the connection");
    case State::subscribing:
      return refuse("the server did not answer the subscription");
    case State::closed:
    case State::ready:
      return;
  }
}

void Session::refuse(const std::string& reason) {
  drop();
  on_closed(reason);
}

void Session::on_upgraded() {
  state_ = State::initialising;
  send_text(R"({"type":"connection_init"})");
}

void Session::on_text(std::string_view text) {
  if (state_ == State::ready) return on_message(text);
  on_set_up_message(text);
}

void Session::on_set_up_message(std::string_view text) {
  const json frame = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const std::string type = string_member(frame, "type");
  if (type == "connection_ack" && state_ == State::initialising) {
    on_acknowledged();
    if (channel_.empty()) return become_ready();
    state_ = State::subscribing;
    const std::string body = R"({"channel":")" + std::string(channel_) + "\"}";
    std::string message = R"({"type":"subscribe","id":"1","channel":")" + std::string(channel_) +
                          R"(","authorization":)";
    access().credentials->append_authorization(message, body);
    return send_text(message += "}");
  }
  if (type == "subscribe_success" && state_ == State::subscribing) return become_ready();
  if (type == "connection_error") {
    return refuse("the connection was refused: " + explain_frame(frame));
  }
  if (type == "subscribe_error") {
    return refuse("the subscription was refused: " + explain_frame(frame));
  }
  if (type == "data") on_message(text);  // may overtake the success
}

void Session::become_ready() {
  state_ = State::ready;
  on_ready();
}

void Session::on_closed(const std::string& reason) {
  const State state = std::exchange(state_, State::closed);
  if (state != State::closed) on_lost(reason, state == State::ready);
}

bool is_keep_alive(std::string_view text) {
  if (text.size() > 100) return false;
  return string_member(json::parse(text, nullptr, /*allow_exceptions=*/false), "type") == "ka";
}

}  // namespace eventsd::app::bench
