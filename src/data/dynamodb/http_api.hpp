// DynamoDB's HTTP API (JSON 1.0) over the embedded tables, for a listener of its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/dynamodb/dynamodb.hpp"
#include "server/http_router.hpp"

namespace eventsd::data::dynamodb {

// Who sends a request.
struct Caller {
  std::string arn;  // "arn:aws:iam::000000000000:user/alice"
  // May the caller do `action` on `resource`? Called on the store's reader threads.
  std::function<bool(std::string_view action, std::string_view resource)> permits;
};

struct HttpApi {
  boost::asio::io_context& io;  // of the thread that serves the requests
  DynamoDb& store;
  // The user whose signature the request carries.
  //   errors   MissingAuthenticationTokenException, IncompleteSignatureException,
  //            UnrecognizedClientException, InvalidSignatureException
  std::function<Outcome<Caller>(const server::HttpRequest&)> authenticate;
};

// POST / with X-Amz-Target: DynamoDB_20120810.<Operation>; GET / answers "healthy".
//   REQUIRES  `api` outlives the routes and every request. The listener must take bodies of 16 MB.
std::vector<server::Route> http_routes(const HttpApi& api);

}  // namespace eventsd::data::dynamodb
