// Calls functions over the Lambda Invoke API:
// POST {url}/2015-03-31/functions/{name}/invocations. Whoever speaks it may answer: AWS, an
// emulator, or a small server beside eventsd.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/config.hpp"
#include "eventsd/result.hpp"
#include "net/http_client.hpp"
#include "net/http_pool.hpp"

namespace eventsd::net {

// The most that an invocation takes and gives: Lambda's own limit.
inline constexpr std::size_t kMaxLambdaPayload = 6u << 20;

// Where a function is.
struct LambdaFunction {
  Url url;             // of its invocations
  std::string name;    // as it was asked for
  std::string region;  // of its ARN, for the signature; empty: the daemon's
};

// Finds `name`, a function's name or ARN, with or without a version or alias, among `functions`. An
// entry matches by the same text, else by the function's name alone.
//   errors   bad_request: nothing matches, or the entry's URL is malformed; names both
Result<LambdaFunction> find_lambda_function(const std::vector<LambdaFunctionConfig>& functions,
                                            std::string_view name);

enum class LambdaInvocation : std::uint8_t {
  request_response,  // waits for the function's answer
  event,             // waits only until it has been accepted
};

struct LambdaAnswer {
  std::string payload;         // JSON text; empty for event
  std::string function_error;  // "Unhandled", "Handled": the payload tells of an error; else empty
};

// Adds what the receiver wants to see to a request that is otherwise complete.
using RequestSigner = std::function<void(HttpRequest&)>;

// Invokes once.
//   errors   those of async_http_request(); payload_too_large: `payload`; internal: an answer that
//            is not 2xx, with its status and error type. The texts are for the operator.
//   thread   the context's; the handler is called once, never from within this call
void async_invoke_lambda(boost::asio::io_context& context, const LambdaFunction& function,
                         LambdaInvocation kind, std::string payload, const HttpOptions& options,
                         const RequestSigner& sign,
                         std::function<void(Result<LambdaAnswer>)> handler);

// The same over the pool's connections. The handler is called from within this call only when the
// payload is too large.
//   thread   the pool's
void invoke_lambda(HttpPool& pool, const LambdaFunction& function, LambdaInvocation kind,
                   std::string payload, std::chrono::milliseconds timeout,
                   const RequestSigner& sign, std::function<void(Result<LambdaAnswer>)> handler);

}  // namespace eventsd::net
