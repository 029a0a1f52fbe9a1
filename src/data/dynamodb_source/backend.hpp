// Where the tables are: in this process, or at an endpoint that speaks DynamoDB's HTTP API.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "data/dynamodb/dynamodb.hpp"
#include "eventsd/executor.hpp"
#include "net/http_pool.hpp"
#include "net/sigv4.hpp"

namespace eventsd::data::dynamodb_source {

// The type of a failure to reach the tables, which DynamoDB has had no part in.
inline constexpr std::string_view kUnreachable = "SdkClientException";

struct TablesReply {
  dynamodb::Reply reply;
  std::string request_id;  // the service's; empty: it has given none
};

class Backend {
 public:
  virtual ~Backend() = default;
  // Runs an operation ("PutItem") with DynamoDB's own JSON request. `done` is called once, on any
  // thread, also from within the call.
  //   errors   DynamoDB's; kUnreachable
  //   thread   the data sources'
  virtual void execute(std::string operation, std::string request,
                       std::function<void(TablesReply)> done) = 0;
};

// The embedded tables, which must outlive it.
std::shared_ptr<Backend> make_embedded_backend(dynamodb::DynamoDb& store);

struct EndpointOptions {
  net::Url url;
  net::ConnectOptions connect;
  std::chrono::milliseconds timeout{30'000};
  net::SigV4Signer signer;  // service "dynamodb"
  // What waits for an answer; beyond it requests fail with ThrottlingException.
  std::uint64_t max_waiting_bytes = 64U << 20;
  std::size_t max_waiting = 256;
};

// A server that speaks DynamoDB's HTTP API: AWS, an emulator, another eventsd. `io` is the data
// sources' and outlives it; the last reference goes on its thread.
std::shared_ptr<Backend> make_endpoint_backend(boost::asio::io_context& io,
                                               EndpointOptions options);

}  // namespace eventsd::data::dynamodb_source
