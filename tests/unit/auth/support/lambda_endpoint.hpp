// A server that speaks the Lambda Invoke API, on the caller's io_context and a free port.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/lambda_invoke.hpp"

namespace eventsd::test {

class LambdaEndpoint {
 public:
  explicit LambdaEndpoint(boost::asio::io_context& context);
  ~LambdaEndpoint();

  // The function: gets the event, returns the payload of a 200 answer. Called on the context.
  std::function<std::string(const std::string& event)> function;
  std::string extra_headers;  // of the answers, each with CRLF
  int status = 200;
  bool is_silent = false;  // keeps events and answers them when release() is called

  net::LambdaFunction address() const;
  const std::vector<std::string>& events() const;
  std::size_t most_at_once() const;
  void release();
  // Ends what is open, so that io_context::run() can return.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace eventsd::test
