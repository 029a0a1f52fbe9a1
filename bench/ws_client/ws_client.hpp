// A WebSocket connection that speaks the AppSync Events protocol as a client.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ws_client/loop.hpp"

namespace bench {

// Where a server listens and how to be let in. IPv4; TLS does not check the certificate.
struct Target {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string api_key;
  // JSON objects of credentials instead of the API key: of the upgrade, and of what follows. Empty:
  // the key.
  std::string connect_credentials;
  std::string credentials;
  bool tls = false;
  // Parses "http://127.0.0.1:8080", "https://…", "ws://…", "wss://…" or "127.0.0.1:8080"; throws
  // std::invalid_argument.
  static Target parse(std::string_view url, std::string api_key);
  std::string authority() const { return host + ":" + std::to_string(port); }
};

// The source address of the i-th connection: at most 2,000 per address, because the kernel's search
// for a free port becomes slow beyond that. Empty for targets outside 127.0.0.0/8.
std::string source_address(const Target& target, std::size_t connection_index);

class WsClient : public Endpoint {
 public:
  // Called inside Loop::turn(). A listener may send, close and reconnect, never destroy.
  struct Listener {
    virtual ~Listener() = default;
    // The upgrade succeeded; connection_init has not been sent.
    virtual void on_open(WsClient& client) = 0;
    virtual void on_message(WsClient& client, std::string_view text) = 0;
    // `code` is the server's close code, 1006 when the connection ended without one, 0 when the
    // upgrade was refused or the connect failed.
    virtual void on_closed(WsClient& client, int code) = 0;
  };

  WsClient(Loop& loop, Listener& listener) : Endpoint(loop), listener_(listener) {}

  // Connects and asks for the upgrade. REQUIRES: !is_open().
  void open(const Target& target, const std::string& source = {}, int receive_buffer = 0);

  // The same at another path and with another subprotocol (may be empty): for other servers than
  // AppSync Events ones. Their binary messages come to on_message too.
  void open_at(const Target& target, std::string_view path, std::string_view protocol,
               const std::string& source = {});

  // Queues one text or binary frame.
  void send_text(std::string_view text);
  void send_binary(std::string_view bytes);
  void send_init() { send_text(R"({"type":"connection_init"})"); }
  // `extra` is more members with a leading comma, e.g. R"(,"replay":{"last":10})".
  void subscribe(std::string_view id, std::string_view channel, std::string_view extra = {});
  void unsubscribe(std::string_view id);
  // `events` is the inside of the array: quoted JSON strings with commas.
  void publish(std::string_view id, std::string_view channel, std::string_view events);

  // Sends a close frame and ends the connection; on_closed is not called.
  void close(int code);

 protected:
  void on_connected() override;
  std::size_t on_bytes(std::string_view bytes) override;
  void on_ended() override;

 private:
  void start(const Target& target, std::string_view path, std::string_view protocol,
             const std::string& source, int receive_buffer);
  void send_frame(unsigned char opcode, std::string_view payload);
  std::size_t take_frame(std::string_view bytes);

  Listener& listener_;
  std::string request_;        // of the upgrade
  std::string authorization_;  // the authorization member of subscribe and publish
  std::string scratch_;
  std::string fragments_;
  bool upgraded_ = false;
  int close_code_ = 0;
};

}  // namespace bench
