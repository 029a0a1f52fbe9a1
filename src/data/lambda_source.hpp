// Functions as data sources: asked from code, or directly in place of it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "data/outbound_calls.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/result.hpp"
#include "eventsd/task.hpp"
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

// A function that data source "lambda" names. At most as many calls at once as the pool has
// connections for its address; more wait for their turn.
class LambdaSource : public DataSource {
 public:
  // Asks the function with an event of the caller's, which is what DIRECT does.
  //   errors   payload_too_large: `event`; request_timeout; overloaded; internal: no answer. The
  //            texts are for the operator and have been logged.
  //   thread   the shard's, on which it is resumed
  //   source   handlers rule 5.2
  virtual Task<Result<net::LambdaAnswer>> invoke(net::LambdaInvocation kind, std::string event) = 0;
};

// Takes {operation: 'Invoke', payload, invocationType}; the result is what the function returned,
// null for 'Event'. Errors are of type Lambda:Unhandled or Lambda:Handled when the function failed,
// with its errorMessage; else Lambda:ExecutionTimeoutException, Lambda:TooManyRequestsException,
// Lambda:RequestTooLargeException, Lambda:ServiceException.
std::shared_ptr<LambdaSource> make_lambda_source(LambdaSourceOptions options, OutboundCalls& calls);

}  // namespace eventsd::data
