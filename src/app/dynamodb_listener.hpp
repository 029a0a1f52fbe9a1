// `dynamodb.listen`: DynamoDB's HTTP API on a listener of its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "auth/iam_users.hpp"
#include "data/dynamodb/http_api.hpp"
#include "eventsd/config.hpp"
#include "net/poller.hpp"
#include "net/timer_wheel.hpp"
#include "server/acceptor.hpp"
#include "server/http_session.hpp"

namespace eventsd::app {

// Before the thread of `io` runs it may be used from elsewhere; from then on only there.
class DynamoDbListener {
 public:
  DynamoDbListener(boost::asio::io_context& io, data::dynamodb::DynamoDb& store);

  // Who may come in from now on, and under which limits.
  void configure(const Config& config, auth::IamUsersPtr users);
  //   errors   bad_request: says which address, why, and what to do
  Result<void> listen(const std::string& address);
  void start() { acceptor_.start(); }
  std::string address() const { return acceptor_.addresses().front(); }

  // Takes no more connections, and closes each that there are after its next answer.
  void drain();
  // Cuts what is left; the sessions' tasks end soon after.
  void abort();

 private:
  void place(std::vector<server::Acceptor::Accepted>& batch);

  ConfigPtr config_;  // with a body limit that suits DynamoDB's requests
  auth::IamUsersPtr users_;
  data::dynamodb::HttpApi api_;
  net::TimerWheel timers_;
  TaskGroup tasks_;
  ShardMetrics metrics_;
  std::vector<char> buffer_;
  net::Poller poller_;
  server::HttpListener listener_;
  server::Acceptor acceptor_;
  std::size_t connections_ = 0;
};

}  // namespace eventsd::app
