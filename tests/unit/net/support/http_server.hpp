// An HTTP server that keeps its connections, on the caller's io_context and a free port.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/url.hpp"

namespace eventsd::test {

class HttpServer {
 public:
  // Gets a request as it was sent, gives the raw answer; an empty one means silence. After an
  // answer that holds "Connection: close" the connection is closed.
  using Answer = std::function<std::string(const std::string& request)>;

  HttpServer(boost::asio::io_context& context, Answer answer);
  ~HttpServer();

  net::Url url(const std::string& path = "/") const;
  const std::vector<std::string>& requests() const;  // raw, in the order of their ends
  std::size_t connections() const;                   // so far
  std::size_t open() const;                          // now
  // Closes the connections that are open; new ones are accepted.
  void hang_up();
  // Ends everything, so that io_context::run() can return.
  void stop();

  // An answer of status 200, or another, with this body.
  static std::string answer(const std::string& body, int status = 200,
                            const std::string& extra_headers = {});

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace eventsd::test
