#include "app/dynamodb_listener.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "app/dynamodb_caller.hpp"

namespace eventsd::app {
namespace {

// DynamoDB's largest request. Signatures cover the body, so it is read before anybody is known:
// the number of connections bounds what strangers can make the daemon hold.
constexpr std::uint64_t kMaxBody = 16U << 20;
constexpr std::size_t kMaxConnections = 128;

void report_failure(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    spdlog::error("a DynamoDB session failed unexpectedly err=\"{}\"", error.what());
  }
}

}  // namespace

DynamoDbListener::DynamoDbListener(boost::asio::io_context& io, data::dynamodb::DynamoDb& store)
    : api_{io, store,
           [this](const server::HttpRequest& request) {
             return find_dynamodb_caller(users_, config_->region, request);
           }},
      timers_(io),
      tasks_(&report_failure),
      buffer_(64 * 1024),
      poller_(io),
      listener_{io,
                timers_,
                tasks_,
                metrics_,
                buffer_,
                server::HttpRouter(data::dynamodb::http_routes(api_)),
                [this] { return config_; },
                nullptr,
                nullptr,
                nullptr,
                nullptr,
                nullptr,
                nullptr,
                {},
                false,
                {}},
      acceptor_(io, [this](auto& batch) { place(batch); }) {}

void DynamoDbListener::configure(const Config& config, auth::IamUsersPtr users) {
  auto own = std::make_shared<Config>(config);
  own->limits.max_frame_size = std::max(own->limits.max_frame_size, kMaxBody);
  config_ = std::move(own);
  users_ = std::move(users);
}

Result<void> DynamoDbListener::listen(const std::string& address) {
  auto listening = acceptor_.listen(address);
  if (!listening) {
    return fail(listening.error().kind, "dynamodb.listen: " + listening.error().message);
  }
  acceptor_.set_peer_timeout(config_->limits.connection_timeout);
  return {};
}

void DynamoDbListener::place(std::vector<server::Acceptor::Accepted>& batch) {
  for (server::Acceptor::Accepted& accepted : batch) {
    const int socket = std::exchange(accepted.native_socket, -1);  // from here on it is ours
    if (connections_ >= kMaxConnections) {
      constexpr std::string_view refusal =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
          "Connection: close\r\n\r\n";
      (void)::send(socket, refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::shutdown(socket, SHUT_WR);
      ::close(socket);
      continue;
    }
    ++connections_;
    server::start_http_session(listener_, net::Transport(poller_, socket),
                               {std::move(accepted.ip), false}, [this] { --connections_; });
  }
}

void DynamoDbListener::drain() {
  acceptor_.stop();
  listener_.draining = true;
}

void DynamoDbListener::abort() {
  drain();
  listener_.abort_sessions();
}

}  // namespace eventsd::app
