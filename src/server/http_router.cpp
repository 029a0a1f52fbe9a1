#include "server/http_router.hpp"

namespace eventsd::server {
namespace {

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);  // the slash
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool match(std::string_view pattern, std::string_view path, std::vector<std::string>& parameters) {
  parameters.clear();
  if (pattern == "*") return true;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = take_segment(pattern);
    const std::string_view found = take_segment(path);
    if (expected.starts_with('{')) {
      parameters.emplace_back(found);
    } else if (expected != found) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::string normalise_path(std::string_view path) {
  const bool is_normal = path.starts_with('/') && path.find("//") == std::string_view::npos &&
                         (path.size() == 1 || !path.ends_with('/'));
  if (is_normal) return std::string(path);
  std::string normal;
  for (const char c : path) {
    if (c != '/' || !normal.ends_with('/')) normal += c;
  }
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  if (!normal.starts_with('/')) normal.insert(0, 1, '/');
  return normal;
}

Task<HttpResponse> HttpRouter::dispatch(HttpRequest& request) const {
  std::string allow;
  for (const Route& route : routes_) {
    if (!match(route.path, request.path, request.parameters)) continue;
    const bool head = request.method == "HEAD" && route.method == "GET";
    if (route.method == request.method || head) {
      HttpResponse response = co_await route.function(request);
      co_return response;
    }
    if (route.path == "*") continue;
    if (!allow.empty()) allow += ", ";
    allow += route.method;
  }
  HttpResponse response;
  if (allow.empty()) {
    response = error_response(fail(ErrorKind::not_found, "No such path: " + request.path));
  } else {
    response = error_response(fail(ErrorKind::method_not_allowed));
    response.headers.emplace_back("Allow", allow);
  }
  co_return response;
}

}  // namespace eventsd::server
