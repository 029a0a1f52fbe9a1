// An HTTP server of one canned answer, on the caller's io_context and a free port.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "net/tls_context.hpp"
#include "net/url.hpp"

namespace eventsd::test {

class ScriptedServer {
 public:
  // Every connection gets `answer` after its request has been read, and is closed; an empty answer
  // means silence. With `tls`, over TLS.
  ScriptedServer(boost::asio::io_context& context, std::string answer,
                 net::TlsContextPtr tls = nullptr,
                 boost::asio::ip::address_v4 address = boost::asio::ip::address_v4::loopback());
  ~ScriptedServer();

  net::Url url(const std::string& path = "/") const;
  // The raw requests so far.
  const std::vector<std::string>& requests() const;
  // Ends what is open, so that io_context::run() can return.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace eventsd::test
