// Reading a publish frame: the daemon's own scanner beside Boost.JSON, simdjson on-demand and
// nlohmann. Each one gives type, id, channel, the API key and the decoded events, and checks that
// an event is valid JSON, as the daemon must. The frame is amplify's: the message again under
// "payload".
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <boost/json/src.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocol/client_message.hpp"

namespace {

std::string make_frame(std::size_t event_size) {
  const std::string event = R"({"n":"00000001","text":")" + std::string(event_size, 'x') + R"("})";
  nlohmann::json message = {
      {"type", "publish"},
      {"id", "5b5c1d2e-8f00-4000-8000-000000000000"},
      {"channel", "/default/bench"},
      {"events", {event}},
      {"authorization", {{"host", "localhost:8080"}, {"x-api-key", "da2-benchbenchbenchbench"}}}};
  nlohmann::json twice = message;
  twice["payload"] = message;
  return twice.dump();
}

struct Read {
  std::string type, id, channel, key;
  std::vector<std::string> events;
};

void check(const Read& read, std::size_t event_size) {
  if (read.type != "publish" || read.channel != "/default/bench" || read.events.size() != 1 ||
      read.events[0].size() != event_size + 26 || !read.key.starts_with("da2-")) {
    throw std::logic_error("a parser read something else");
  }
}

Read with_nlohmann(const std::string& frame) {
  const auto message = nlohmann::json::parse(frame);
  Read read{message["type"],
            message["id"],
            message["channel"],
            message["authorization"]["x-api-key"],
            {}};
  for (const auto& event : message["events"]) {
    read.events.push_back(event);
    if (!nlohmann::json::accept(read.events.back())) throw std::logic_error("invalid");
  }
  return read;
}

Read with_boost(const std::string& frame) {
  namespace json = boost::json;
  unsigned char arena[16 * 1024];
  json::monotonic_resource resource(arena, sizeof arena);
  const json::value value = json::parse(frame, &resource);
  const json::object& message = value.as_object();
  const auto text = [](const json::value& member) {
    return std::string(std::string_view(member.as_string()));
  };
  Read read{text(message.at("type")),
            text(message.at("id")),
            text(message.at("channel")),
            text(message.at("authorization").as_object().at("x-api-key")),
            {}};
  for (const auto& event : message.at("events").as_array()) {
    read.events.push_back(text(event));
    json::parse(read.events.back(), &resource);
  }
  return read;
}

Read with_simdjson(simdjson::ondemand::parser& parser, const simdjson::padded_string& frame) {
  Read read;
  auto document = parser.iterate(frame);
  for (auto field : document.get_object()) {
    const std::string_view name = field.unescaped_key();
    if (name == "type") read.type = std::string_view(field.value());
    if (name == "id") read.id = std::string_view(field.value());
    if (name == "channel") read.channel = std::string_view(field.value());
    if (name == "authorization") {
      read.key = std::string_view(field.value().get_object()["x-api-key"]);
    }
    if (name == "events") {
      for (auto event : field.value().get_array()) {
        read.events.emplace_back(std::string_view(event));
      }
    }
  }
  // A whole document is walked to be checked; the DOM parser does that.
  static simdjson::dom::parser checker;
  for (const std::string& event : read.events) {
    if (checker.parse(event).error() != simdjson::SUCCESS) throw std::logic_error("invalid");
  }
  return read;
}

void ours(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string frame = make_frame(size);
  for (auto _ : state) {
    auto message = eventsd::protocol::parse_client_message(frame, {});
    if (!std::holds_alternative<eventsd::protocol::Publish>(message)) {
      throw std::logic_error("not a publish");
    }
    benchmark::DoNotOptimize(message);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(frame.size()) * state.iterations());
}

template <typename Parse>
void theirs(benchmark::State& state, Parse parse) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::string frame = make_frame(size);
  check(parse(frame), size);
  for (auto _ : state) {
    Read read = parse(frame);
    benchmark::DoNotOptimize(read);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(frame.size()) * state.iterations());
}

void boost_json(benchmark::State& state) { theirs(state, with_boost); }
void nlohmann_json(benchmark::State& state) { theirs(state, with_nlohmann); }
void simdjson_on_demand(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const simdjson::padded_string frame(make_frame(size));
  simdjson::ondemand::parser parser;
  check(with_simdjson(parser, frame), size);
  for (auto _ : state) {
    Read read = with_simdjson(parser, frame);
    benchmark::DoNotOptimize(read);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(frame.size()) * state.iterations());
}

BENCHMARK(ours)->Arg(100)->Arg(1024)->Arg(65536);
BENCHMARK(boost_json)->Arg(100)->Arg(1024)->Arg(65536);
BENCHMARK(simdjson_on_demand)->Arg(100)->Arg(1024)->Arg(65536);
BENCHMARK(nlohmann_json)->Arg(100)->Arg(1024)->Arg(65536);

}  // namespace

BENCHMARK_MAIN();
