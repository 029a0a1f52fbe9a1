// A handler's request, from its text to its answer.
#pragma once

#include <memory>

#include "data/dynamodb_source/source.hpp"

namespace eventsd::data::dynamodb_source {

// What requests need after they have begun, when the source itself may have been replaced.
struct RequestRunner {
  SourceOptions options;
  boost::asio::io_context& io;
};

// Runs `call`'s request; `done` is called once, on the io_context's thread.
//   thread   the io_context's
void run_request(std::shared_ptr<const RequestRunner> runner,
                 std::shared_ptr<const DataSourceCall> call, Answer done);

}  // namespace eventsd::data::dynamodb_source
