// Data sources on one io_context, which is their shard and their outbound thread at once.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "data/outbound_calls.hpp"
#include "data/outbound_http.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/executor.hpp"
#include "eventsd/task.hpp"
#include "net/http_pool.hpp"
#include "unit/net/support/http_server.hpp"

namespace eventsd::test {

class SourceWorld : public ::testing::Test {
 protected:
  using HttpServer = test::HttpServer;
  using Json = nlohmann::json;

  // Awaits `task` in the loop.
  template <typename T>
  T run(Task<T> task) {
    std::optional<T> outcome;
    TaskGroup group([](std::exception_ptr failure) { std::rethrow_exception(failure); });
    io.restart();  // it stops when nothing is left to do
    group.spawn(keep(std::move(task), outcome));
    while (!outcome && io.run_one_for(std::chrono::seconds(20)) > 0) {
    }
    if (!outcome) ADD_FAILURE() << "there is no answer";
    return std::move(outcome.value());
  }

  DataSourceAnswer call(DataSource& source, std::string request) {
    return run(source.call({std::move(request), "request-1", "api-1", "ns"}));
  }
  // The result of a call that must succeed.
  Json result(DataSource& source, std::string request) {
    const DataSourceAnswer answer = call(source, std::move(request));
    EXPECT_EQ(answer.error_type, "") << answer.error_message;
    EXPECT_EQ(answer.invalid_request, "");
    return Json::parse(answer.result);
  }

  data::OutboundHttpOptions http_options() { return {"source", pool, nullptr}; }

  boost::asio::io_context io{1};
  const ExecutorScope scope{
      [this](std::function<void()> work) { boost::asio::post(io, std::move(work)); }};
  data::OutboundCalls calls{io};
  std::shared_ptr<net::HttpPool> pool = net::make_http_pool(io, {});

 private:
  template <typename T>
  static Task<void> keep(Task<T> task, std::optional<T>& outcome) {
    T value = co_await task;
    outcome.emplace(std::move(value));
  }
};

// The body of a raw request.
inline std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

}  // namespace eventsd::test
