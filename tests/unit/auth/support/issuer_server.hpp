// An issuer's web server whose pages a test may change, on the caller's io_context and a free port.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/tls_context.hpp"

namespace eventsd::auth_test {

class IssuerServer {
 public:
  explicit IssuerServer(boost::asio::io_context& context, net::TlsContextPtr tls = nullptr);
  ~IssuerServer();

  std::string url() const;  // "http://127.0.0.1:PORT"
  // The paths that were asked for.
  const std::vector<std::string>& requests() const;

  // What a path answers; others answer 404. `headers` are whole lines.
  void set_page(const std::string& path, std::string body, std::string headers = {});
  // Discovery and key set of an issuer at url().
  void publish(const std::string& keys, std::string headers = {});
  // Connections are closed without an answer.
  void set_down(bool down);
  // Answers are held back until it is set to false again.
  void set_silent(bool silent);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace eventsd::auth_test
