// Functions as data sources: asked from code, or, with the whole context as payload, in its place.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "data/outbound_calls.hpp"
#include "eventsd/data_source.hpp"
#include "net/http_pool.hpp"
#include "net/lambda_invoke.hpp"

namespace eventsd::data {

struct LambdaSourceOptions {
  std::string name;  // of the data source, for the log
  net::LambdaFunction function;
  net::RequestSigner sign;  // null: requests are not signed
  std::shared_ptr<net::HttpPool> pool;
  std::chrono::milliseconds wall_time{30'000};  // limits.handler.wallTime
};

// Takes {operation: 'Invoke', payload, invocationType}; the result is what the function returned,
// null for 'Event'. Errors are of type Lambda:Unhandled or Lambda:Handled when the function failed,
// with its errorMessage; else Lambda:ExecutionTimeoutException, Lambda:TooManyRequestsException,
// Lambda:RequestTooLargeException, Lambda:ServiceException.
// At most as many calls at once as the pool has connections for its address; more wait for a turn.
//   source   handlers rule 5.2
std::shared_ptr<DataSource> make_lambda_source(LambdaSourceOptions options, OutboundCalls& calls);

}  // namespace eventsd::data
