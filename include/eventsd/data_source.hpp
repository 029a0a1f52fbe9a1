// Where a handler's request goes between its `request` and its `response`.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "eventsd/task.hpp"

namespace eventsd {

// What the daemon knows of the call, never what the worker says of it.
struct DataSourceCall {
  std::string request;     // what the handler's request() returned, JSON text; hostile input
  std::string request_id;  // of the publish or subscribe
  std::string api_id;
  std::string namespace_name;
  // When the caller no longer waits: the request's answer, whatever it is, has come by then.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::string operation = {};                        // "onPublish", "onSubscribe"
  std::shared_ptr<const std::string> identity = {};  // ctx.identity, JSON text; null: it has none
};

// ctx.result or ctx.error.
struct DataSourceAnswer {
  // JSON text. "null" when there is an error, but for a cancelled transaction of DynamoDB, whose
  // reasons are beside the error.
  std::string result;
  std::string error_message;  // with error_type: ctx.error = {message, type}
  std::string error_type;     // empty: success
  // The request itself was of the wrong shape: the handler fails, response() does not run. Tells
  // why.
  std::string invalid_request;

  static DataSourceAnswer success(std::string result) { return {std::move(result), {}, {}, {}}; }
  static DataSourceAnswer failure(std::string type, std::string message) {
    return {"null", std::move(message), std::move(type), {}};
  }
  static DataSourceAnswer invalid(std::string why) { return {"null", {}, {}, std::move(why)}; }
};

// One configured data source.
class DataSource {
 public:
  virtual ~DataSource() = default;

  // Never fails otherwise than by its answer, which is there by call.deadline.
  //   thread   the shard's, on which it is resumed
  //   source   handlers rules 5.1–5.7
  virtual Task<DataSourceAnswer> call(DataSourceCall call) = 0;
};

}  // namespace eventsd
