// Requests to routes, without a connection.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "server/http_router.hpp"

namespace eventsd::admin_test {

// Runs a function whose task completes at once.
inline server::HttpResponse run(const server::HttpFunction& function,
                                server::HttpRequest& request) {
  server::HttpResponse response;
  TaskGroup tasks([](std::exception_ptr) { ADD_FAILURE() << "an exception left the function"; });
  tasks.spawn([](const server::HttpFunction& call, server::HttpRequest& what,
                 server::HttpResponse& out) -> Task<void> {
    out = co_await call(what);
  }(function, request, response));
  EXPECT_EQ(tasks.running(), 0u);
  return response;
}

inline server::HttpResponse ask(const server::HttpRouter& router, std::string method,
                                std::string path, std::string body = {}) {
  server::HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = std::move(body);
  return run([&](server::HttpRequest& what) { return router.dispatch(what); }, request);
}

// The value of a header of the answer; empty when it is absent.
inline std::string header(const server::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (server::equals_ignoring_case(key, name)) return value;
  }
  return {};
}

}  // namespace eventsd::admin_test
