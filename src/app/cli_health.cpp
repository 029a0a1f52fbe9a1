// eventsd health
#include <ostream>

#include "app/cli.hpp"
#include "app/events_endpoint.hpp"
#include "net/http_client.hpp"

namespace eventsd::app {

int run_health(const HealthOptions& options, const Console& console) {
  auto url =
      net::parse_url(options.url.empty() ? default_admin_url(process_environment()) : options.url);
  if (!url) {
    console.err << url.error().message << "\n";
    return kWrongUsage;
  }
  if (url->path == "/") url->path = "/health/ready";
  net::HttpOptions http;
  http.connect.ca_file = options.ca_file;
  http.connect.allow_link_local = true;  // a person named the address
  // Less than the 30 s after which Docker gives up a health check by itself.
  http.timeout = std::chrono::seconds(10);
  const auto response = net::http_request({"GET", *url, {}, {}}, http);
  if (!response) {
    console.err << explain(response.error()) << "\n";
    return kFailed;
  }
  console.out << response->body;
  if (!response->body.ends_with('\n')) console.out << "\n";
  console.out.flush();
  if (response->status == 200) return kDone;
  console.err << "not ready: HTTP " << response->status << "\n";
  return kFailed;
}

}  // namespace eventsd::app
