// How data sources ask HTTP endpoints: over the pool, signed where asked for, failures logged.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "data/outage.hpp"
#include "data/outbound_calls.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/result.hpp"
#include "net/http_pool.hpp"
#include "net/lambda_invoke.hpp"

namespace eventsd::data {

// Of an answer's body: what a handler may answer itself, as JSON (limits of handlers rule 1.7).
inline constexpr std::uint64_t kMaxAnswerBytes = 5u << 20;

struct OutboundHttpOptions {
  std::string name;  // of the data source, for the log
  std::shared_ptr<net::HttpPool> pool;
  net::RequestSigner sign;  // null: nothing is signed; nor is what has an Authorization header
  std::chrono::milliseconds wall_time{30'000};  // limits.handler.wallTime
};

//   thread   the pool's
class OutboundHttp : public std::enable_shared_from_this<OutboundHttp> {
 public:
  explicit OutboundHttp(OutboundHttpOptions options)
      : options_(std::move(options)), outage_(options_.name) {}

  // Sends one request; any complete answer within `timeout` is a success.
  //   errors   those of HttpPool::send(), logged
  void send(net::HttpRequest request, std::chrono::milliseconds timeout,
            std::function<void(Result<net::HttpResponse>)> done);

 private:
  const OutboundHttpOptions options_;
  Outage outage_;
};

// What code learns of a request that got no answer; addresses are for the log alone.
//   errors   SERVICE:ExecutionTimeoutException, SERVICE:TooManyRequestsException,
//            SERVICE:ResponseTooLargeException, SERVICE:ConnectionFailedException; a malformed
//            request is invalid; not_found is SERVICE:NotConfigured with its text
DataSourceAnswer unanswered(std::string_view service, const Error& error);

// What a data source that is one request and its answer makes of both. Pure, on the pool's thread.
struct HttpRules {
  std::string service;  // in front of error types
  // Errors are told by unanswered().
  std::function<Result<net::HttpRequest>(std::string_view request)> ask;
  std::function<DataSourceAnswer(const net::HttpResponse& response)> read;
};

std::shared_ptr<DataSource> make_exchange_source(OutboundHttpOptions options, HttpRules rules,
                                                 OutboundCalls& calls);

}  // namespace eventsd::data
