#include "app/events_endpoint.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/cli_credentials.hpp"
#include "app/json_member.hpp"

namespace eventsd::app {
namespace {

using net::Url;
using net::UrlScheme;
using nlohmann::json;

constexpr const char* kDefaultUrl = "http://127.0.0.1:8080/event";

std::vector<std::string> data_directories(const Environment& environment) {
  std::vector<std::string> directories;
  if (const auto directory = environment("EVENTSD_DATA_DIR")) directories.push_back(*directory);
  directories.emplace_back("./eventsd-data");
  return directories;
}

// AWS's own addresses have one host for each of the two; see PROTOCOL.md, "Endpoints".
std::string realtime_host(const std::string& host) {
  constexpr std::string_view kApi = ".appsync-api.";
  const auto at = host.find(kApi);
  if (at == std::string::npos || !host.ends_with(".amazonaws.com")) return host;
  return host.substr(0, at) + ".appsync-realtime-api." + host.substr(at + kApi.size());
}

Url with_path(Url url, UrlScheme scheme, const std::string& path) {
  url.scheme = scheme;
  url.path = path;
  return url;
}

Result<std::string> find_api_key(const EndpointOptions& options, const Environment& environment) {
  if (!options.api_key.empty()) return options.api_key;
  if (const auto key = environment("EVENTSD_API_KEY")) return *key;
  if (const auto file = find_data_file("api-key", environment)) {
    if (const auto key = read_secret_file(*file)) return *key;
    return fail(ErrorKind::bad_request, "cannot read the API key in " + *file);
  }
  return fail(ErrorKind::bad_request,
              "no API key: give --api-key KEY, set EVENTSD_API_KEY (or choose --auth-token or "
              "--iam), or work in the folder of "
              "`eventsd serve`, whose eventsd-data/api-key is used");
}

// What a running daemon says of itself in endpoint.json: its address of that kind, "http" or
// "admin".
std::optional<std::string> published_address(const char* kind, const Environment& environment) {
  const auto path = find_data_file("endpoint.json", environment);
  if (!path) return std::nullopt;
  std::ifstream file(*path);
  const auto addresses = json::parse(file, nullptr, /*allow_exceptions=*/false);
  const std::string address = string_member(addresses, kind);
  if (address.empty()) return std::nullopt;
  return address;
}

std::string default_url(const Environment& environment) {
  if (const auto url = environment("EVENTSD_URL")) return *url;
  const auto published = published_address("http", environment);
  return published ? *published + "/event" : kDefaultUrl;
}

std::string trimmed(std::string text) {
  constexpr const char* kSpace = " \t\r\n";
  text.erase(text.find_last_not_of(kSpace) + 1);
  text.erase(0, text.find_first_not_of(kSpace));
  return text;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

Result<EventsEndpoint> find_endpoint(const EndpointOptions& options,
                                     const Environment& environment) {
  std::string text = options.url;
  if (text.empty()) text = default_url(environment);
  const auto url = net::parse_url(text);
  if (!url) return url.error();

  EventsEndpoint endpoint;
  EndpointOptions complete = options;
  if (!options.iam.enabled && options.auth_token.empty()) {
    auto key = find_api_key(options, environment);
    if (!key) return key.error();
    complete.api_key = endpoint.api_key = *std::move(key);
  }
  std::string path = url->path;
  while (path.ends_with('/')) path.pop_back();
  const auto http = url->is_tls() ? UrlScheme::https : UrlScheme::http;
  endpoint.publish = with_path(*url, http, path.empty() ? "/" : path);
  endpoint.history = with_path(*url, http, (path.empty() ? "/event" : path) + "/history");
  endpoint.realtime =
      with_path(*url, url->is_tls() ? UrlScheme::wss : UrlScheme::ws, path + "/realtime");
  endpoint.realtime.host = realtime_host(url->host);
  auto credentials = find_credentials(complete, endpoint.publish, environment);
  if (!credentials) return credentials.error();
  endpoint.credentials = *std::move(credentials);
  endpoint.connect.ca_file = options.ca_file;
  if (url->is_tls() && options.ca_file.empty()) {
    endpoint.connect.ca_file = find_data_file("tls/ca.pem", environment).value_or("");
  }
  // A person names the address, with their own machine's reach: nothing is gained by refusing it.
  endpoint.connect.allow_link_local = true;
  return endpoint;
}

std::optional<std::string> find_data_file(const std::string& name, const Environment& environment) {
  for (const std::string& directory : data_directories(environment)) {
    const auto path = std::filesystem::path(directory) / name;
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path.string();
  }
  return std::nullopt;
}

std::optional<std::string> read_secret_file(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  line = trimmed(line);
  if (line.empty()) return std::nullopt;
  return line;
}

std::string default_admin_url(const Environment& environment) {
  const auto variable = environment("EVENTSD_ADMIN_LISTEN");
  if (!variable) {
    if (const auto published = published_address("admin", environment)) return *published;
  }
  const std::string listen = variable.value_or("127.0.0.1:9464");
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) return "http://" + listen;
  std::string host = listen.substr(0, colon);
  if (host.empty() || host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return "http://" + host + listen.substr(colon);
}

std::string explain(const Error& error) {
  const bool is_unreachable = error.message.starts_with(net::kCannotConnect) &&
                              error.message.find("TLS: ") == std::string::npos;
  if (error.message.empty()) return "it failed without a reason";
  return is_unreachable ? error.message + "; is eventsd running? Start it with `eventsd serve`"
                        : error.message;
}

std::string explain(const net::HttpResponse& response) {
  const auto body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  const json* errors = array_member(body, "errors");
  const json& fields = errors != nullptr && !errors->empty() ? errors->front() : body;
  std::string type(response.header("x-amzn-errortype").value_or(""));
  if (type.empty()) type = string_member(fields, "errorType");
  std::string message = string_member(fields, "message");
  if (!fields.is_object()) message = one_line(std::string_view(response.body).substr(0, 200));
  std::string text = "HTTP " + std::to_string(response.status);
  if (!type.empty()) text += " " + type;
  if (!message.empty()) text += ": " + message;
  return text;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

}  // namespace eventsd::app
