// Functions that a data source asks beside its own work, by the name that code gives.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/outbound_calls.hpp"
#include "eventsd/config.hpp"
#include "net/http_pool.hpp"
#include "net/lambda_invoke.hpp"

namespace eventsd::data {

class Functions {
 public:
  virtual ~Functions() = default;
  // Invokes `function`, a name or an ARN, with `event`, JSON text, and waits for its answer.
  //   errors   in the answer, as make_lambda_source() has them; ResourceNotFoundException: nobody
  //            is configured under that name
  //   thread   the data sources'; `done` is called once there, also from within this call
  virtual void invoke(std::string_view function, std::string event,
                      std::chrono::milliseconds timeout, Answer done) = 0;
};

struct FunctionsOptions {
  std::vector<LambdaFunctionConfig> functions;  // lambda.functions
  // The signer of a region's functions, empty for the daemon's own; null: nothing is signed.
  std::function<net::RequestSigner(const std::string& region)> signer;
  std::shared_ptr<net::HttpPool> pool;  // null: there are no functions
};

std::shared_ptr<Functions> make_functions(FunctionsOptions options);

}  // namespace eventsd::data
