// The options of `eventsd bench`: declared, and checked against each other.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "app/bench_options.hpp"
#include "app/bench_publisher.hpp"
#include "config/values.hpp"
#include "eventsd/channel.hpp"

namespace eventsd::app::bench {
namespace {

constexpr std::size_t kMostEventBytes = 16 << 20;

// A count such as 18000, at least one and at most `most`.
CLI::Option* add_count(CLI::App& verb, const char* name, std::size_t& count, std::size_t most,
                       const char* help) {
  return verb.add_option(name, count, help)
      ->check(CLI::Range(std::size_t{1}, most).description(""))
      ->type_name("N")
      ->capture_default_str();
}

// "10s", "500ms", "5m", or seconds alone.
CLI::Option* add_duration(CLI::App& verb, const char* name, Options& options, const char* help) {
  return verb
      .add_option_function<std::string>(
          name,
          [&options, name](const std::string& text) {
            auto duration = config::parse_duration(text);
            if (!duration) duration = config::parse_duration(text + "s");
            if (!duration || *duration <= std::chrono::milliseconds(0)) {
              throw CLI::ValidationError(name, "\"" + text + "\" is no duration such as 10s");
            }
            options.duration = *duration;
            options.has_duration = true;
          },
          help)
      ->type_name("TIME");
}

void add_common(CLI::App& verb, Options& options) {
  verb.add_option(
      "--url", options.endpoint.url,
      "Endpoint, also one of AWS; $EVENTSD_URL, else that in eventsd-data/endpoint.json, "
      "else http://127.0.0.1:8080/event");
  auto* key = verb.add_option("--api-key", options.endpoint.api_key,
                              "API key; $EVENTSD_API_KEY, else the one in eventsd-data/api-key");
  auto* token = verb.add_option("--auth-token,--token", options.auth_token,
                                "Authorization token (Cognito, OIDC, Lambda) instead of an API key")
                    ->excludes(key);
  verb.add_flag("--iam", options.endpoint.iam.enabled,
                "Sign each operation with SigV4 (AWS_IAM), with $AWS_ACCESS_KEY_ID and its like")
      ->excludes(key)
      ->excludes(token);
  verb.add_option("--ca-file", options.endpoint.ca_file,
                  "PEM file of a further trusted CA; else eventsd-data/tls/ca.pem");
  verb.add_option("--channel", options.channel, "Channels begin with this")->capture_default_str();
  add_count(verb, "--threads", options.threads, 256, "Threads of this program");
  verb.add_option("--pid", options.pid, "Process of a server on this machine, to measure it")
      ->check(CLI::Range(1, 1 << 30).description(""))
      ->type_name("PID");
  verb.add_flag("--yes", options.is_confirmed,
                "Go on against another machine, whatever it takes there");
  verb.add_flag_callback(
      "--json", [&options] { options.output = Output::json; }, "Print one JSON object");
}

void add_publishing(CLI::App& verb, Options& options) {
  add_count(verb, "--channels", options.channels, 1'000'000, "Channels that are published to");
  add_count(verb, "--size", options.event_bytes, kMostEventBytes, "Bytes of an event's JSON text");
  add_count(verb, "--batch", options.batch, 1000, "Events of a publish");
  auto* in_flight = add_count(verb, "--in-flight", options.in_flight, 50'000,
                              "Publishes under way per connection; over HTTP always 1");
  verb.add_option("--rate", options.rate,
                  "Publishes a second in all, instead of as many as are answered")
      ->check(CLI::Range(0.001, 1e7).description(""))
      ->type_name("N")
      ->excludes(in_flight);
  auto* socket = verb.add_flag_callback(
      "--ws", [&options] { options.over = PublishOver::socket; }, "Publish over WebSockets");
  verb.add_flag_callback(
          "--http", [&options] { options.over = PublishOver::http; },
          "Publish over HTTP, one connection per publisher; the default")
      ->excludes(socket);
  add_duration(verb, "--duration", options, "How long to measure, such as 30s; 10s");
}

void add_fanout(CLI::App& verb, Options& options) {
  add_count(verb, "--subscribers", options.subscribers, 1'000'000, "Connections that subscribe");
  add_count(verb, "--publishers", options.publishers, 60'000, "Connections that publish");
  verb.add_option("--wildcard-share", options.wildcard_share,
                  "Part of the subscribers that use a wildcard, 0 to 1")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->type_name("X")
      ->capture_default_str();
  add_publishing(verb, options);
  add_count(verb, "--concurrency", options.concurrency, 100'000,
            "Connections being set up at the same time");
}

void add_connect(CLI::App& verb, Options& options) {
  add_count(verb, "--connections", options.connections, 100'000'000, "Connections in all");
  add_count(verb, "--concurrency", options.concurrency, 100'000,
            "Connections being set up at the same time");
  add_duration(verb, "--duration", options, "Ends before all are made");
}

void add_idle(CLI::App& verb, Options& options) {
  add_count(verb, "--connections", options.connections, 1'000'000,
            "Connections at the same time, each with one subscription");
  add_count(verb, "--concurrency", options.concurrency, 100'000,
            "Connections being set up at the same time");
  add_count(verb, "--channels", options.channels, 1'000'000, "Channels that are subscribed to");
  add_duration(verb, "--hold,--duration", options, "How long they stay; 10s");
  verb.add_option("--admin-url", options.admin_url,
                  "Admin address of the server, for its memory when there is no --pid");
}

// What is wrong with the options taken together; empty: nothing.
std::string fault_of(const Options& options) {
  const auto channel = Channel::parse(options.channel, Wildcard::refuse);
  const auto segments =
      channel ? std::count(channel->path().begin(), channel->path().end(), '/') : 0;
  if (segments < 1 || segments > 3) {
    return "--channel \"" + options.channel +
           "\": it takes 1 to 3 segments of letters, digits and inner dashes, such as "
           "default/bench; the rest of each name is added";
  }
  const bool publishes =
      options.scenario == Scenario::fanout || options.scenario == Scenario::publish;
  if (publishes && options.event_bytes < least_event_bytes()) {
    return "--size " + std::to_string(options.event_bytes) + ": an event needs at least " +
           std::to_string(least_event_bytes()) + " bytes, which hold its number and time";
  }
  if (publishes && options.over == PublishOver::http && options.in_flight > 1) {
    return std::string("--in-flight: over HTTP a connection has one publish under way; use ") +
           (options.scenario == Scenario::fanout ? "--publishers" : "--connections") + " or --ws";
  }
  return {};
}

using Declare = void (*)(CLI::App&, Options&);

}  // namespace

std::function<int()> bind_bench(CLI::App& verb, const Console& console) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Scenario scenario, Declare declare) {
    CLI::App* sub = verb.add_subcommand(name, help);
    sub->parse_complete_callback([options, scenario] { options->scenario = scenario; });
    declare(*sub, *options);
    add_common(*sub, *options);
  };
  add("fanout", "Publishers and many subscribers: deliveries a second, latency, losses",
      Scenario::fanout, add_fanout);
  add("publish", "Publishes a second and how long the answers take", Scenario::publish,
      [](CLI::App& sub, Options& o) {
        add_count(sub, "--connections", o.publishers, 60'000, "Connections that publish");
        add_publishing(sub, o);
      });
  add("connect", "Connections a second, subscription included", Scenario::connect, add_connect);
  add("idle", "Many connections that stay: the server's memory for each", Scenario::idle, add_idle);
  return [options, &console] {
    const std::string fault = fault_of(*options);
    if (!fault.empty()) {
      console.err << fault << "\n";
      return kWrongUsage;
    }
    return run_bench(*options, console);
  };
}

}  // namespace eventsd::app::bench
