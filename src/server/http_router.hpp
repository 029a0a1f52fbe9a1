// Method and path to function; every listener has one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/task.hpp"
#include "server/http_message.hpp"

namespace eventsd::server {

// REQUIRES: the request outlives the task.
using HttpFunction = std::function<Task<HttpResponse>(HttpRequest& request)>;

struct Route {
  std::string_view method;
  std::string_view
      path;  // segments in braces match anything: "/v1/apis/{apiId}/apikeys"; "*": any path
  HttpFunction function;
};

class HttpRouter {
 public:
  explicit HttpRouter(std::vector<Route> routes) : routes_(std::move(routes)) {}

  // 404 for unknown paths, 405 with Allow for unknown methods; HEAD is served by GET.
  Task<HttpResponse> dispatch(HttpRequest& request) const;

 private:
  std::vector<Route> routes_;
};

// Collapses slashes and strips a trailing one: "/event//realtime/" → "/event/realtime".
std::string normalise_path(std::string_view path);

}  // namespace eventsd::server
