// KeyAdmin over the control plane of a running daemon.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/events_endpoint.hpp"
#include "app/expiry.hpp"
#include "app/json_member.hpp"
#include "app/key_admin.hpp"
#include "net/http_client.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using std::chrono::system_clock;

ApiKeyRecord read_record(const json& key) {
  ApiKeyRecord record{string_member(key, "id"), string_member(key, "description"), {}};
  if (const auto expires = number_member(key, "expires")) {
    const double bounded = std::clamp(*expires, 0.0, static_cast<double>(kLatestExpiry));
    record.expires = system_clock::from_time_t(static_cast<std::time_t>(bounded));
  }
  return record;
}

Error refused(const net::HttpResponse& response) {
  const ErrorKind kind = response.status == 404   ? ErrorKind::not_found
                         : response.status == 409 ? ErrorKind::conflict
                         : response.status == 401 ? ErrorKind::unauthorized
                         : response.status == 403 ? ErrorKind::forbidden
                                                  : ErrorKind::bad_request;
  std::string message = explain(response);
  if (kind == ErrorKind::unauthorized) message += "; the admin token is in dataDir/admin-token";
  return fail(kind, std::move(message));
}

class HttpKeyAdmin final : public KeyAdmin {
 public:
  HttpKeyAdmin(net::Url url, const HttpKeyAdminOptions& options)
      : url_(std::move(url)), token_(options.token), api_id_(options.api_id) {
    options_.connect.ca_file = options.ca_file;
    options_.connect.allow_link_local = true;  // a person named the address
    while (url_.path.ends_with('/')) url_.path.pop_back();
  }

  // Finds the API; before anything else.
  Result<void> open() {
    if (!api_id_.empty()) return {};
    const auto answer = call("GET", "/v2/apis", "");
    if (!answer) return answer.error();
    const json* apis = array_member(*answer, "apis");
    if (apis != nullptr && !apis->empty()) api_id_ = string_member(apis->front(), "apiId");
    if (api_id_.empty()) return fail(ErrorKind::not_found, "the daemon has no API");
    return {};
  }

  Result<ApiKeyRecord> create(const std::string& description,
                              std::optional<system_clock::time_point> expires) override {
    json body = json::object();
    if (!description.empty()) body["description"] = description;
    if (expires) body["expires"] = system_clock::to_time_t(*expires);
    const auto answer = call("POST", keys_path(), body.dump());
    if (!answer) return answer.error();
    ApiKeyRecord record = read_record(answer->value("apiKey", json::object()));
    if (record.id.empty()) return fail(ErrorKind::internal, "the daemon's answer holds no key");
    return record;
  }

  Result<std::vector<ApiKeyRecord>> list() override {
    std::vector<ApiKeyRecord> records;
    std::string query;
    for (;;) {
      const auto answer = call("GET", keys_path(), "", query);
      if (!answer) return answer.error();
      const json* keys = array_member(*answer, "apiKeys");
      if (keys == nullptr) return fail(ErrorKind::internal, "the daemon's answer holds no keys");
      for (const json& key : *keys) records.push_back(read_record(key));
      const std::string next = string_member(*answer, "nextToken");
      if (next.empty()) return records;
      query = "nextToken=" + net::percent_encode(next);
    }
  }

  Result<void> remove(const std::string& id) override {
    const auto answer = call("DELETE", keys_path() + "/" + net::percent_encode(id), "");
    if (!answer) return answer.error();
    return {};
  }

 private:
  std::string keys_path() const { return "/v1/apis/" + net::percent_encode(api_id_) + "/apikeys"; }

  Result<json> call(const std::string& method, const std::string& path, std::string body,
                    const std::string& query = {}) {
    net::HttpRequest request{
        method, url_, {{"authorization", "Bearer " + token_}}, std::move(body)};
    request.url.path += path;
    request.url.query = query;
    if (!request.body.empty()) request.headers.emplace_back("content-type", "application/json");
    const auto response = net::http_request(request, options_);
    if (!response) return fail(response.error().kind, explain(response.error()));
    if (response->status / 100 != 2) return refused(*response);
    json answer = json::parse(response->body, nullptr, /*allow_exceptions=*/false);
    if (!answer.is_object()) answer = json::object();
    // Spelled out, because JSON converts to anything, an Error included.
    return {boost::system::in_place_value, std::move(answer)};
  }

  net::Url url_;
  std::string token_;
  std::string api_id_;
  net::HttpOptions options_;
};

}  // namespace

Result<std::unique_ptr<KeyAdmin>> make_http_key_admin(const HttpKeyAdminOptions& options) {
  const auto url = net::parse_url(options.admin_url);
  if (!url) return url.error();
  auto admin = std::make_unique<HttpKeyAdmin>(*url, options);
  if (auto opened = admin->open(); !opened) return opened.error();
  return std::unique_ptr<KeyAdmin>(std::move(admin));
}

}  // namespace eventsd::app
