#include "data/dynamodb/http_api.hpp"

#include <boost/crc.hpp>

namespace eventsd::data::dynamodb {

namespace {

constexpr std::string_view kTargetPrefix = "DynamoDB_20120810.";

server::HttpResponse respond(int status, std::string body) {
  boost::crc_32_type crc;
  crc.process_bytes(body.data(), body.size());
  server::HttpResponse response;
  response.status = status;
  response.content_type = "application/x-amz-json-1.0";
  response.headers.emplace_back("x-amz-crc32", std::to_string(crc.checksum()));
  response.body = std::move(body);
  return response;
}

// Errors of the service's front have another namespace than those of DynamoDB itself.
bool from_front(const std::string& type) {
  for (const char* name :
       {"UnknownOperationException", "SerializationException",
        "MissingAuthenticationTokenException", "IncompleteSignatureException",
        "UnrecognizedClientException", "InvalidSignatureException", "AccessDeniedException"}) {
    if (type == name) return true;
  }
  return false;
}

server::HttpResponse respond(const Failure& failure) {
  std::string body = failure_body(failure);
  if (from_front(failure.type)) {
    const std::string_view usual = "com.amazonaws.dynamodb.v20120810#";
    body.replace(body.find(usual), usual.size(), "com.amazon.coral.service#");
  }
  return respond(http_status(failure), std::move(body));
}

Task<server::HttpResponse> serve(const HttpApi& api, server::HttpRequest& request) {
  const std::string_view target = request.header("x-amz-target");
  if (!target.starts_with(kTargetPrefix)) {
    co_return respond(Failure("UnknownOperationException",
                              "The header X-Amz-Target must be DynamoDB_20120810.<Operation>"));
  }
  Outcome<Caller> caller = api.authenticate(request);
  if (!caller) co_return respond(caller.error());
  Allows allows = [caller = std::move(*caller)](
                      std::string_view action,
                      std::string_view resource) -> std::optional<Failure> {
    if (caller.permits(action, resource)) return std::nullopt;
    return Failure("AccessDeniedException",
                   "User: " + caller.arn + " is not authorized to perform: " + std::string(action) +
                       " on resource: " + std::string(resource));
  };
  Reply reply =
      co_await execute_on(api.io, api.store, std::string(target.substr(kTargetPrefix.size())),
                          std::move(request.body), std::move(allows));
  if (!reply) co_return respond(reply.error());
  co_return respond(200, std::move(*reply));
}

Task<server::HttpResponse> healthy() {
  server::HttpResponse response = respond(200, "healthy: dynamodb\n");
  response.content_type = "text/plain";
  co_return response;
}

}  // namespace

std::vector<server::Route> http_routes(const HttpApi& api) {
  return {{"POST", "/", [&api](server::HttpRequest& request) { return serve(api, request); }},
          {"GET", "/", [](server::HttpRequest&) { return healthy(); }}};
}

}  // namespace eventsd::data::dynamodb
