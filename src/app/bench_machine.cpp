#include "app/bench_machine.hpp"

#include <sys/resource.h>
#include <time.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>

#include "app/events_endpoint.hpp"
#include "net/http_client.hpp"

namespace eventsd::app::bench {
namespace {

constexpr std::size_t kOwnDescriptors = 64;  // libraries, epoll, terminals

std::string process_name(pid_t pid) { return "process " + std::to_string(pid); }

}  // namespace

Result<void> make_room_for(std::size_t connections) {
  const rlim_t wanted = connections + kOwnDescriptors;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return {};
  if (limit.rlim_max < wanted) {
    return fail(ErrorKind::internal,
                std::to_string(connections) + " connections need " + std::to_string(wanted) +
                    " file descriptors, and this process may have " +
                    std::to_string(limit.rlim_max) +
                    ": raise the hard limit (as root: ulimit -Hn " + std::to_string(wanted) +
                    "; systemd: LimitNOFILE=; docker: --ulimit nofile=), or use fewer connections");
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return fail(ErrorKind::internal,
              std::string("cannot raise the limit of file descriptors: ") + std::strerror(errno));
}

Result<std::chrono::nanoseconds> cpu_time(pid_t pid) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  timespec time{};
  if ((pid != 0 && ::clock_getcpuclockid(pid, &clock) != 0) || ::clock_gettime(clock, &time) != 0) {
    return fail(ErrorKind::bad_request, "there is no " + process_name(pid) + " (--pid)");
  }
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Result<std::uint64_t> resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  while (file >> word) {
    std::uint64_t kib = 0;
    if (word == "Rss:" && file >> kib) return kib * 1024;
  }
  return fail(ErrorKind::bad_request,
              "cannot read the memory of " + process_name(pid) +
                  " (--pid): there is none, or it is another user's (try with sudo)");
}

Result<std::uint64_t> resident_bytes(const std::string& admin_url, const std::string& ca_file) {
  constexpr std::string_view kName = "\nprocess_resident_memory_bytes ";
  auto url = net::parse_url(admin_url);
  if (!url) return url.error();
  if (url->path == "/") url->path = "/metrics";
  net::HttpOptions http;
  http.connect.ca_file = ca_file;
  http.connect.allow_link_local = true;  // a person named the address
  const auto response = net::http_request({"GET", *url, {}, {}}, http);
  if (!response) return fail(response.error().kind, explain(response.error()));
  if (response->status != 200) return fail(ErrorKind::internal, explain(*response));
  const auto at = response->body.find(kName);
  double value = 0;
  if (at != std::string::npos) {
    const char* const start = response->body.data() + at + kName.size();
    std::from_chars(start, response->body.data() + response->body.size(), value);
  }
  if (value <= 0) {
    return fail(ErrorKind::not_found,
                url->text() + " has no process_resident_memory_bytes; give --pid instead");
  }
  return static_cast<std::uint64_t>(value);
}

}  // namespace eventsd::app::bench
