#include "data/http_source.hpp"

#include <map>

#include "data/http_request.hpp"
#include "data/request_members.hpp"

namespace eventsd::data {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string result_of(const net::HttpResponse& response) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : response.headers) {
    std::string& joined = headers[lower(name)];
    joined += joined.empty() ? value : ", " + value;
  }
  std::string json = "{\"statusCode\":" + std::to_string(response.status) + ",\"headers\":{";
  for (const auto& [name, value] : headers) {
    if (json.back() != '{') json += ',';
    json += json_text(name) + ":" + json_text(value);
  }
  return json + "},\"body\":" + json_text(response.body) + "}";
}

}  // namespace

std::shared_ptr<DataSource> make_http_source(HttpSourceOptions options, OutboundCalls& calls) {
  HttpRules rules;
  rules.service = "HTTP";
  rules.ask = [endpoint = std::move(options.endpoint)](std::string_view request) {
    return parse_http_request(endpoint, request);
  };
  rules.read = [](const net::HttpResponse& response) {
    return DataSourceAnswer::success(result_of(response));
  };
  return make_exchange_source(std::move(options.http), std::move(rules), calls);
}

}  // namespace eventsd::data
