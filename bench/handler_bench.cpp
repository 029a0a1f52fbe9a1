// Calls a second through worker processes, pipelined: the whole way of a handler without the
// daemon's connections. The engine alone is engine_bench.cpp.
//   eventsd_handler_bench [SECONDS] [WORKERS]
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "eventsd/executor.hpp"
#include "handler/supervisor.hpp"
#include "handler/worker.hpp"

namespace {

using namespace eventsd;
using std::chrono::steady_clock;

constexpr unsigned kInFlight = 64;  // of one namespace

std::string context_of(int events) {
  std::string out = R"({"info":{"channel":{"path":"/default/a","segments":["default","a"]},)"
                    R"("channelNamespace":{"name":"default"},"operation":"PUBLISH"},"stash":{},)"
                    R"("request":{"headers":{"host":"localhost"},"domainName":null},"events":[)";
  for (int i = 0; i < events; ++i) {
    if (i > 0) out += ',';
    out += R"({"id":"5f7dfbd1-b8ff-4c20-924e-23b42db467a)" + std::to_string(i) +
           R"(","payload":{"event_1":"data_1","number":12345,"text":"hello world"}})";
  }
  return out + "]}";
}

struct Load {
  handler::Supervisor& supervisor;
  CodeModulePtr module;
  std::string context;
  steady_clock::time_point end;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
};

Task<void> caller(Load& load, std::uint32_t key) {
  while (steady_clock::now() < load.end) {
    CodeOutcome outcome =
        co_await load.supervisor.run({load.module, "onPublish", load.context, key});
    ++load.done;
    if (outcome.end != CodeOutcome::End::value) ++load.failed;
  }
}

void measure(const handler::SupervisorOptions& options, int events, double seconds) {
  const auto supervisor = handler::make_supervisor(options);
  boost::asio::io_context io(1);
  const auto work = boost::asio::make_work_guard(io);
  const ExecutorScope scope(
      [&io](std::function<void()> f) { boost::asio::post(io, std::move(f)); });
  Load load{
      *supervisor,
      handler::make_code_module(
          "code.js",
          "export function onPublish(ctx) {"
          "  return ctx.events.map((e) => ({ id: e.id, payload: { ...e.payload, x: 1 } })); }",
          {}),
      context_of(events),
      {}};
  // The first call waits for the workers and loads the module.
  const auto warm = [](Load& all) -> Task<void> {
    CodeOutcome outcome = co_await all.supervisor.run({all.module, "onPublish", all.context, 0});
    if (outcome.end != CodeOutcome::End::value)
      std::fprintf(stderr, "%s\n", outcome.message.c_str());
  };
  TaskGroup group([](std::exception_ptr) { std::abort(); });
  group.on_idle([&io] { io.stop(); });
  group.spawn(warm(load));
  io.run();
  io.restart();
  const auto begin = steady_clock::now();
  load.end = begin + std::chrono::duration_cast<steady_clock::duration>(
                         std::chrono::duration<double>(seconds));
  // One namespace is served by all workers but one.
  const unsigned namespaces = options.workers;
  for (unsigned i = 0; i < kInFlight * namespaces; ++i) group.spawn(caller(load, i % namespaces));
  io.run();
  const std::chrono::duration<double> took = steady_clock::now() - begin;
  std::printf("workers=%u events=%d calls/s=%.0f failed=%llu\n", options.workers, events,
              static_cast<double>(load.done) / took.count(),
              static_cast<unsigned long long>(load.failed));
  supervisor->stop();
}

}  // namespace

int main(int argc, char** argv) {
  // The workers are this program, which has the same engine.
  if (argc > 1 && std::string_view(argv[1]) == handler::kWorkerVerb) {
    return handler::run_worker({argv + 2, static_cast<std::size_t>(argc - 2)});
  }
  handler::SupervisorOptions options;
  options.recycle_after = 0;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  options.workers = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
  measure(options, 1, seconds);
  measure(options, 5, seconds);
}
