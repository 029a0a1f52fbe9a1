// eventsd bench: finds the endpoint, makes sure that the run is wanted and possible, runs it.
#include <algorithm>
#include <ostream>

#include "app/bench_credentials.hpp"
#include "app/bench_preflight.hpp"
#include "app/bench_run.hpp"
#include "app/events_endpoint.hpp"

namespace eventsd::app::bench {
namespace {

constexpr std::chrono::seconds kShortRun{10};

const char* name_of(Scenario scenario) {
  switch (scenario) {
    case Scenario::fanout:
      return "fanout";
    case Scenario::publish:
      return "publish";
    case Scenario::connect:
      return "connect";
    case Scenario::idle:
      return "idle";
  }
  return "";
}

std::size_t connections_of(const Options& options) {
  switch (options.scenario) {
    case Scenario::fanout:
      return options.subscribers + options.publishers;
    case Scenario::publish:
      return options.publishers;
    case Scenario::connect:
      return options.concurrency;
    case Scenario::idle:
      return options.connections;
  }
  return 0;
}

std::string seconds_text(std::chrono::milliseconds time) {
  return readable(static_cast<double>(time.count()) / 1e3) + " s";
}

// What the run is about to do, for somebody who may have to pay for it.
std::string intention(const Options& options, const std::string& url) {
  std::string text = std::string("bench ") + name_of(options.scenario) + " against " + url + ": ";
  if (options.scenario == Scenario::connect) {
    return text + grouped(options.connections) + " connections, " + grouped(options.concurrency) +
           " at the same time";
  }
  text += grouped(connections_of(options)) + " connections for " + seconds_text(options.duration);
  if (options.scenario == Scenario::idle) return text;
  text += options.rate ? ", " + readable(*options.rate) + " publishes/s"
                       : ", as many publishes as it takes";
  text += " of " + grouped(options.batch * options.event_bytes) + " B";
  if (options.scenario == Scenario::fanout) {
    text += ", each delivered " +
            grouped((options.subscribers + options.channels - 1) / options.channels) + " times";
  }
  return text;
}

Result<Access> find_access(const Options& options) {
  EndpointOptions wanted = options.endpoint;
  // A token stands in for the key, so a key need not be found.
  if (!options.auth_token.empty()) wanted.api_key = "none";
  const auto endpoint = find_endpoint(wanted, process_environment());
  if (!endpoint) return fail(ErrorKind::bad_request, endpoint.error().message);
  auto credentials = make_credentials(*endpoint, options.auth_token);
  if (!credentials) return credentials.error();
  Access access;
  access.realtime_authority = endpoint->realtime.authority();
  access.publish_authority = endpoint->publish.authority();
  access.realtime_path = endpoint->realtime.target();
  access.publish_path = endpoint->publish.target();
  access.credentials = *std::move(credentials);
  auto realtime = find_target(endpoint->realtime, endpoint->connect);
  if (!realtime) return fail(ErrorKind::internal, explain(realtime.error()));
  access.realtime = *std::move(realtime);
  if (endpoint->publish.host == endpoint->realtime.host) {
    access.publish = access.realtime;
    return access;
  }
  auto publish = find_target(endpoint->publish, endpoint->connect);
  if (!publish) return fail(ErrorKind::internal, explain(publish.error()));
  access.publish = *std::move(publish);
  return access;
}

int report_error(const Error& error, const Console& console) {
  console.err << error.message << "\n";
  return error.kind == ErrorKind::bad_request ? kWrongUsage : kFailed;
}

Result<Finding> run_scenario(const Run& run) {
  switch (run.options.scenario) {
    case Scenario::fanout:
      return run_fanout(run);
    case Scenario::publish:
      return run_publish(run);
    case Scenario::connect:
      return run_connect(run);
    case Scenario::idle:
      return run_idle(run);
  }
  return fail(ErrorKind::internal);
}

}  // namespace

int run_bench(const Options& options, const Console& console) {
  const auto access = find_access(options);
  if (!access) return report_error(access.error(), console);
  std::string url = options.endpoint.url;
  if (url.empty()) {
    url = (access->realtime.trust ? "https://" : "http://") + access->publish_authority +
          access->publish_path;
  }
  if (!access->realtime.is_loopback()) {
    console.err << intention(options, url) << "\n";
    const bool is_short = options.has_duration && options.duration <= kShortRun;
    if (!options.is_confirmed && !is_short) {
      console.err << "that is not this machine, and may cost money there: give --yes, or a "
                     "--duration of at most 10s\n";
      return kWrongUsage;
    }
  }
  if (options.pid != 0) {
    const auto cpu = cpu_time(options.pid);
    if (!cpu) return report_error(cpu.error(), console);
  }
  const auto room = make_room_for(connections_of(options));
  if (!room) return report_error(room.error(), console);
  const auto tried = try_one_connection(*access, url);
  if (!tried) return report_error(tried.error(), console);

  const Run run{options, *access, url, console};
  const auto found = run_scenario(run);
  if (!found) return report_error(found.error(), console);
  found->report.print(options.output, console.out);
  if (found->fault.empty()) return kDone;
  console.err << found->fault << "\n";
  return kFailed;
}

}  // namespace eventsd::app::bench
