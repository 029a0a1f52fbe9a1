// A WebSocket server that answers each message as a test says, on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace eventsd::test {

class SocketServer {
 public:
  // The frames to answer with; "close" closes with 1012 instead. Called on the server's thread with
  // the number of the connection, from 0. connection_init is answered by the server itself.
  using Script =
      std::function<std::vector<std::string>(int connection, const nlohmann::json& message)>;

  explicit SocketServer(Script script);
  ~SocketServer();

  std::string url() const;  // http://127.0.0.1:PORT/event
  // Ends the thread; then everything that was received, connection_init left out.
  const std::vector<nlohmann::json>& messages();
  // What Sec-WebSocket-Protocol offered on the last upgrade; after messages().
  const std::string& offered_protocols() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eventsd::test
