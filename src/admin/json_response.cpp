#include "admin/json_response.hpp"

#include <nlohmann/json.hpp>

namespace eventsd::admin {

server::HttpResponse json_response(const nlohmann::json& body) {
  server::HttpResponse response;
  response.content_type = "application/json";
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

}  // namespace eventsd::admin
