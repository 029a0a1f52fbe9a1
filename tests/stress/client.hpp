// Clients that record in the World everything they do and see.
#pragma once

#include <random>
#include <unordered_map>
#include <vector>

#include "world.hpp"
#include "ws_client/http_client.hpp"
#include "ws_client/ws_client.hpp"

namespace stress {

// How a client behaves towards the server's queues.
struct Temper {
  bool slow = false;       // may stop reading, so a close with 1013 is right
  int receive_buffer = 0;  // SO_RCVBUF in bytes; small ones let the server feel a pause at once
};

// One WebSocket client; may be connected many times, each time as a new publisher.
class Client : public bench::WsClient::Listener {
 public:
  Client(bench::Loop& loop, World& world, bench::Target target, std::size_t number,
         Temper temper = {});

  void connect();
  // Ends the connection from this side: by a close frame or, if `reset`, by a RST.
  void disconnect(bool reset);

  // REQUIRES: online().
  void subscribe(const std::string& name_space, const std::string& pattern, Replay replay = {});
  void unsubscribe(std::size_t live_index);
  void publish(std::uint32_t channel, std::size_t count, std::size_t event_size);
  void set_reading(bool wanted) { ws_.set_reading(wanted); }

  bool online() const { return online_; }
  bool offline() const { return !ws_.is_open(); }
  // The server may end this client's connection from now on (it was told to stop, or killed).
  void expect_end() { end_expected_ = true; }
  std::size_t outstanding_publishes() const { return outstanding_; }
  // Live subscriptions that were not asked to end; indexes into World::subscriptions.
  const std::vector<std::size_t>& live() const { return live_; }
  const Temper& temper() const { return temper_; }

  void on_open(bench::WsClient& ws) override;
  void on_message(bench::WsClient& ws, std::string_view text) override;
  void on_closed(bench::WsClient& ws, int code) override;

 private:
  void on_data(std::string_view text);
  void on_publish_answer(std::string_view text, bool success);
  void forget_connection();

  World& world_;
  bench::Target target_;
  std::size_t number_;
  Temper temper_;
  bench::WsClient ws_;
  bool online_ = false;
  bool end_expected_ = false;
  std::uint32_t publisher_ = 0;
  std::uint32_t connection_ = 0;
  std::size_t outstanding_ = 0;
  std::vector<std::size_t> live_;
  // Subscriptions by id from subscribe to unsubscribe_success. The id is "s" + the index.
  std::unordered_map<std::string, std::size_t> by_id_;
};

// Publishes over HTTP keep-alive, one request at a time.
class HttpPublisher : public bench::HttpClient::Listener {
 public:
  HttpPublisher(bench::Loop& loop, World& world, bench::Target target, std::size_t number);
  void connect();
  // REQUIRES: idle().
  void publish(std::uint32_t channel, std::size_t count, std::size_t event_size);
  bool idle() const { return http_.is_open() && count_ == 0; }
  bool offline() const { return !http_.is_open(); }
  void expect_end() { end_expected_ = true; }

  void on_response(bench::HttpClient&, int status, std::string_view body) override;
  void on_http_closed(bench::HttpClient&) override;

 private:
  World& world_;
  bench::Target target_;
  std::size_t number_;
  bench::HttpClient http_;
  bool end_expected_ = false;
  std::uint32_t publisher_;
  Label first_ = 0;
  std::size_t count_ = 0;
};

// Records the outcome of a publish from the members "successful" and "failed" of its answer.
void record_answer(World& world, Label first, std::size_t count, std::string_view answer);

}  // namespace stress
