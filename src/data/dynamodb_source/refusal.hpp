// Why a handler's request does not get to the tables.
#pragma once

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <utility>

#include "data/dynamodb/failure.hpp"

namespace eventsd::data::dynamodb_source {

// Not an aggregate: result<T> would then take any text for an error.
class Refusal {
 public:
  Refusal() = default;
  // The request is of the wrong shape: the handler fails. `why` names the member.
  static Refusal shape(std::string why) { return Refusal(std::move(why), std::nullopt); }
  // DynamoDB would refuse it: the handler sees it as ctx.error.
  static Refusal service(dynamodb::Failure failure) { return Refusal({}, std::move(failure)); }

  bool is_shape() const { return !failure_; }
  const std::string& why() const { return why_; }                 // of a shape
  const dynamodb::Failure& failure() const { return *failure_; }  // otherwise

 private:
  Refusal(std::string why, std::optional<dynamodb::Failure> failure)
      : why_(std::move(why)), failure_(std::move(failure)) {}
  std::string why_;
  std::optional<dynamodb::Failure> failure_;
};

template <typename T>
using Checked = boost::system::result<T, Refusal>;

}  // namespace eventsd::data::dynamodb_source
