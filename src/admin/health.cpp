#include "admin/health.hpp"

#include <nlohmann/json.hpp>

namespace eventsd::admin {
namespace {

using server::HttpRequest;
using server::HttpResponse;

Task<HttpResponse> live(HttpRequest&) {
  HttpResponse response;
  response.content_type = "application/json";
  response.body = R"({"status":"live"})";
  co_return response;
}

Task<HttpResponse> ready(Health health) {
  nlohmann::json body;
  HttpResponse response;
  response.content_type = "application/json";
  if (!health.unavailable.empty()) {
    response.status = 503;
    body = {{"status", "unavailable"}, {"reasons", health.unavailable}};
  } else {
    body = {{"status", "ready"}};
  }
  if (!health.degraded.empty()) body["degraded"] = health.degraded;
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  co_return response;
}

}  // namespace

std::vector<server::Route> health_routes(std::function<Health()> health) {
  return {
      {"GET", "/health/live", live},
      {"GET", "/health/ready", [health](HttpRequest&) { return ready(health()); }},
  };
}

}  // namespace eventsd::admin
