// What a function's answer means to code.
#pragma once

#include "eventsd/data_source.hpp"
#include "eventsd/result.hpp"
#include "net/lambda_invoke.hpp"

namespace eventsd::data {

// The result, null of an asynchronous call; else an error of type Lambda:Unhandled or
// Lambda:Handled with the function's errorMessage, or one of the service's, whose texts are without
// the addresses that the log has.
DataSourceAnswer lambda_answer(const Result<net::LambdaAnswer>& answer);

}  // namespace eventsd::data
