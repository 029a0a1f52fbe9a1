// What AWS_LAMBDA costs eventsd: an answer found in the shard's copy, one found on the
// authorization thread, a call of a function that answers at once, and what a refusal's delay takes
// to compute.
//   eventsd_auth_lambda_bench [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <string>
#include <thread>

#include "auth/lambda_authorizer.hpp"
#include "auth/throttle_delay.hpp"
#include "unit/auth/support/lambda_endpoint.hpp"

namespace {

using namespace eventsd;

// A shard's loop (the calling thread), the authorization thread, and a function beside it.
class World {
 public:
  explicit World(std::chrono::seconds ttl) {
    endpoint_.function = [](const std::string&) {
      return R"({"isAuthorized":true,"handlerContext":{"user":"alice"}})";
    };
    auth::LambdaAuthorizerOptions options;
    options.source = {"abcdefghijklmnopqrstuvwxyz", "000000000000"};
    options.function = endpoint_.address();
    options.result_ttl = ttl;
    authorizer_ = auth::make_lambda_authorizer(options, {executor_, auth_, throttle_, counts_});
    auth_thread_ = std::thread([this] { auth_.run(); });
    function_thread_ = std::thread([this] { function_.run(); });
  }
  ~World() {
    boost::asio::post(function_, [this] { endpoint_.stop(); });
    auth_work_.reset();
    function_work_.reset();
    auth_thread_.join();
    function_thread_.join();
  }

  // Asks and waits for the answer.
  void ask(int number) {
    AuthorizationRequest request;
    request.operation = Operation::publish;
    request.namespace_name = "news";
    request.channel = "/news/latest";
    request.credentials.authorization = "custom-token-" + std::to_string(number);
    request.source_ip = "127.0.0.1";
    bool done = false;
    tasks_.spawn([](Authorizer& whom, AuthorizationRequest what, bool& flag) -> Task<void> {
      const Result<Identity> identity = co_await whom.authorize(std::move(what));
      if (!identity) std::abort();
      flag = true;
    }(*authorizer_, std::move(request), done));
    while (!done) here_.run_one();
  }

 private:
  boost::asio::io_context here_{1};
  boost::asio::io_context auth_{1};
  boost::asio::io_context function_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> here_work_{
      here_.get_executor()};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> auth_work_{
      auth_.get_executor()};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> function_work_{
      function_.get_executor()};
  Executor executor_ = [this](std::function<void()> work) {
    boost::asio::post(auth_, std::move(work));
  };
  ExecutorScope scope_{
      [this](std::function<void()> work) { boost::asio::post(here_, std::move(work)); }};
  auth::FailureThrottle throttle_{{}, nullptr};
  auth::CacheCounts counts_;
  test::LambdaEndpoint endpoint_{function_};
  std::shared_ptr<auth::LambdaAuthorizer> authorizer_;
  TaskGroup tasks_{[](std::exception_ptr) { std::abort(); }};
  std::thread auth_thread_;
  std::thread function_thread_;
};

void found_in_the_shards_copy(benchmark::State& state) {
  World world(std::chrono::seconds(3600));
  world.ask(0);
  for (auto _ : state) world.ask(0);
}
BENCHMARK(found_in_the_shards_copy);

// More answers than a shard copies, fewer than the authorizer keeps: each has left the copy.
void found_on_the_authorization_thread(benchmark::State& state) {
  World world(std::chrono::seconds(3600));
  constexpr int kAnswers = 4'000;
  for (int i = 0; i < kAnswers; ++i) world.ask(i);
  int next = 0;
  for (auto _ : state) world.ask(next++ % kAnswers);
}
BENCHMARK(found_on_the_authorization_thread)->UseRealTime();

void asked_of_the_function(benchmark::State& state) {
  World world(std::chrono::seconds(0));
  for (auto _ : state) world.ask(0);
}
BENCHMARK(asked_of_the_function)->UseRealTime();

void delay_of_a_refusal(benchmark::State& state) {
  auth::RefusalDelay delay;
  const auto now = std::chrono::steady_clock::now();
  for (auto _ : state) benchmark::DoNotOptimize(delay.add("203.0.113.7", false, now));
}
BENCHMARK(delay_of_a_refusal);

}  // namespace

BENCHMARK_MAIN();
