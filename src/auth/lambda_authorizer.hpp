// AWS_LAMBDA: a function of the operator's decides.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "auth/lambda_event.hpp"
#include "auth/pattern.hpp"
#include "auth/throttle.hpp"
#include "eventsd/executor.hpp"
#include "net/lambda_invoke.hpp"

namespace eventsd::auth {

// Written by any thread, read by any; process-wide.
struct CacheCounts {
  std::atomic<std::uint64_t> hits{0};    // answered from an earlier answer
  std::atomic<std::uint64_t> joined{0};  // waited for the answer to the same question
  std::atomic<std::uint64_t> misses{0};  // asked
};

struct LambdaLimits {
  std::chrono::milliseconds time{10'000};  // from the question to the answer, waiting included
  std::size_t concurrent_calls = 64;
  std::size_t waiting_calls = 10'000;  // behind them; more are refused
  std::size_t waiting_bytes = 64u << 20;
  std::size_t cached_answers = 10'000;  // of one authorizer; shards keep copies beside it
  std::size_t cached_bytes = 64u << 20;
};

struct LambdaAuthorizerOptions {
  LambdaEventSource source;
  net::LambdaFunction function;
  std::chrono::seconds result_ttl{0};
  Pattern token_pattern;
  net::HttpOptions http;
  net::RequestSigner sign;  // null: unsigned
  LambdaLimits limits;
};

// Where calls are made, and what authorizers of one process share. Lives longer than they do.
struct LambdaEnvironment {
  Executor executor;  // of the thread that runs `context`
  boost::asio::io_context& context;
  FailureThrottle& throttle;  // that thread's
  CacheCounts& counts;
  std::chrono::steady_clock::time_point (*now)() = &std::chrono::steady_clock::now;
};

// Answers from an earlier answer to the same question while that lasts; otherwise the function is
// asked on the environment's thread, once for all who ask the same at a time. Whatever is not a
// proper `isAuthorized: true` refuses: a function that throws, an answer of another form, silence.
//   errors   unauthorized; rate_limited: too many failures from this address, nobody was asked;
//            forbidden: the channel is malformed, so that there is nothing to ask about
//   source   AUTHORIZATION.md "Lambda"
class LambdaAuthorizer : public Authorizer {
 public:
  // Refuses what waits and whatever is asked from now on.
  //   thread   any
  virtual void close() = 0;
};

std::shared_ptr<LambdaAuthorizer> make_lambda_authorizer(LambdaAuthorizerOptions options,
                                                         const LambdaEnvironment& environment);

}  // namespace eventsd::auth
