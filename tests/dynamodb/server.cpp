// Serves the embedded DynamoDB on a free loopback port, for real clients to be driven against it:
// the daemon's HTTP sessions and router, the tables, the HTTP API.
//
// Usage: eventsd_dynamodb_server DATABASE_FILE
// Prints the port, and ends when its standard input does. Signatures are not checked here (that is
// the daemon's part): the access key names the user. User READONLY may not write; key UNKNOWN is
// nobody's.
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdio>
#include <iostream>

#include "data/dynamodb/http_api.hpp"
#include "eventsd/config.hpp"
#include "server/http_session.hpp"

namespace {

using namespace eventsd;
namespace ddb = data::dynamodb;
using boost::asio::ip::tcp;

bool permits(std::string_view user, std::string_view action) {
  const bool reads = action == "dynamodb:GetItem" || action == "dynamodb:Query" ||
                     action == "dynamodb:Scan" || action == "dynamodb:BatchGetItem";
  return reads || user != "READONLY";
}

ddb::Outcome<ddb::Caller> authenticate(const server::HttpRequest& request) {
  const std::string_view header = request.header("authorization");
  const std::string_view mark = "Credential=";
  const std::size_t start = header.find(mark);
  if (start == std::string_view::npos) {
    return ddb::Failure("MissingAuthenticationTokenException",
                        "Request is missing Authentication Token");
  }
  std::string_view key = header.substr(start + mark.size());
  key = key.substr(0, key.find('/'));
  if (key == "UNKNOWN") {
    return ddb::Failure("UnrecognizedClientException",
                        "The security token included in the request is invalid.");
  }
  return ddb::Caller{"arn:aws:iam::000000000000:user/" + std::string(key),
                     [user = std::string(key)](std::string_view action, std::string_view) {
                       return permits(user, action);
                     }};
}

class Listener {
 public:
  Listener(boost::asio::io_context& io, ddb::HttpApi& api)
      : acceptor_(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        listener_{io,
                  timers_,
                  tasks_,
                  metrics_,
                  buffer_,
                  server::HttpRouter(ddb::http_routes(api)),
                  [config = make_config()] { return config; },
                  nullptr,
                  [](std::string_view) { return false; },
                  nullptr,
                  nullptr,
                  nullptr,
                  nullptr,
                  {},
                  false,
                  {}} {
    accept();
  }
  unsigned port() const { return acceptor_.local_endpoint().port(); }
  void stop() {
    acceptor_.close();
    listener_.abort_sessions();
  }

 private:
  static ConfigPtr make_config() {
    auto config = std::make_shared<Config>();
    config->limits.max_frame_size = 16U << 20;  // DynamoDB's largest request
    return config;
  }
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code failure, tcp::socket socket) {
      if (failure) return;
      socket.non_blocking(true);
      server::start_http_session(listener_, net::Transport(poller_, socket.release()),
                                 {"127.0.0.1", false}, [] {});
      accept();
    });
  }

  tcp::acceptor acceptor_;
  net::Poller poller_{static_cast<boost::asio::io_context&>(acceptor_.get_executor().context())};
  net::TimerWheel timers_{
      static_cast<boost::asio::io_context&>(acceptor_.get_executor().context())};
  TaskGroup tasks_{[](std::exception_ptr error) { std::rethrow_exception(error); }};
  ShardMetrics metrics_;
  std::vector<char> buffer_ = std::vector<char>(65536);
  server::HttpListener listener_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " DATABASE_FILE\n";
    return 2;
  }
  ddb::Options options;
  options.path = argv[1];
  options.synchronous = "OFF";
  auto store = ddb::make_dynamodb(std::move(options));
  if (!store) {
    std::cerr << store.error().message << "\n";
    return 1;
  }
  boost::asio::io_context io;
  ddb::HttpApi api{io, **store, authenticate};
  Listener listener(io, api);
  std::printf("%u\n", listener.port());
  std::fflush(stdout);
  boost::asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  std::array<char, 64> ignored;
  std::function<void()> wait_for_end = [&] {
    input.async_read_some(boost::asio::buffer(ignored),
                          [&](boost::system::error_code failure, std::size_t) {
                            if (!failure) return wait_for_end();
                            listener.stop();
                            io.stop();
                          });
  };
  wait_for_end();
  io.run();
  (*store)->stop();
  return 0;
}
