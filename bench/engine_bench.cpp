// Calls a second of the engine alone, in process.
#include <benchmark/benchmark.h>

#include "handler/engine.hpp"

namespace {

using namespace eventsd;

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

void trivial_on_publish(benchmark::State& state) {
  const auto engine = handler::make_engine({}, nullptr);
  handler::CodeExports exports;
  engine->load(1, "code.js",
               "export function onPublish(ctx) {"
               "  return ctx.events.map((e) => ({ id: e.id, payload: { ...e.payload, x: 1 } })); }",
               exports);
  const std::string context = context_of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    CodeOutcome outcome = engine->run(1, "onPublish", context);
    benchmark::DoNotOptimize(outcome);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(trivial_on_publish)->Arg(1)->Arg(5);

}  // namespace

BENCHMARK_MAIN();
