#include "data/opensearch_source.hpp"

#include <algorithm>
#include <array>

#include "data/http_request.hpp"
#include "data/request_members.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::data {
namespace {

constexpr std::array<std::string_view, 5> kOperations = {"GET", "POST", "PUT", "HEAD", "DELETE"};

Result<net::HttpRequest> parse_request(const net::Url& endpoint, std::string_view request) {
  const auto members = RequestMembers::parse(request);
  if (!members) return members.error();
  const auto operation = members->required_text("operation");
  if (!operation) return operation.error();
  if (std::find(kOperations.begin(), kOperations.end(), *operation) == kOperations.end()) {
    return fail(ErrorKind::bad_request,
                "operation must be GET, POST, PUT, HEAD or DELETE, not \"" + *operation + "\"");
  }
  const auto path = members->required_text("path");
  if (!path) return path.error();
  auto url = resource_url(endpoint, *path, "path");
  if (!url) return url.error();
  const auto params = members->object("params");
  if (!params) return params.error();
  const auto query = params->object("queryString");
  if (!query) return query.error();
  const auto headers = params->object("headers");
  if (!headers) return headers.error();
  const auto queried = add_query(*url, *query);
  if (!queried) return queried.error();
  net::HttpRequest made{*operation, std::move(*url), {}, {}};
  const auto headed = add_headers(made, *headers);
  if (!headed) return headed.error();
  const auto bodied = set_body(made, params->raw("body"));
  if (!bodied) return bodied.error();
  // A body that is a string is JSON all the same: nothing else is understood there.
  if (!made.body.empty() && !has_header(made, "content-type")) {
    made.headers.emplace_back("Content-Type", "application/json");
  }
  return made;
}

// {"error": {"reason": …}}, {"error": "…"}
std::string reason_of(const net::HttpResponse& response) {
  std::string text = "The domain answered " + std::to_string(response.status) + ".";
  const auto members = RequestMembers::parse(response.body);
  if (!members) return text;
  const auto plain = members->text("error");
  if (plain && *plain) return **plain;
  const auto error = members->object("error");
  if (!error) return text;
  const auto reason = error->text("reason");
  return reason && *reason ? **reason : text;
}

DataSourceAnswer answer_of(const net::HttpResponse& response) {
  if (response.status < 200 || response.status > 299) {
    return DataSourceAnswer::failure("OpenSearch:HttpStatus" + std::to_string(response.status),
                                     reason_of(response));
  }
  if (response.body.empty()) return DataSourceAnswer::success("null");
  protocol::JsonScanner scanner(response.body);
  if (!scanner.skip_value() || !scanner.at_end()) {
    return DataSourceAnswer::failure("OpenSearch:InvalidAnswerException",
                                     "The domain's answer is not JSON.");
  }
  return DataSourceAnswer::success(response.body);
}

}  // namespace

std::shared_ptr<DataSource> make_opensearch_source(OpenSearchSourceOptions options,
                                                   OutboundCalls& calls) {
  HttpRules rules;
  rules.service = "OpenSearch";
  rules.ask = [endpoint = std::move(options.endpoint)](std::string_view request) {
    return parse_request(endpoint, request);
  };
  rules.read = [](const net::HttpResponse& response) { return answer_of(response); };
  return make_exchange_source(std::move(options.http), std::move(rules), calls);
}

}  // namespace eventsd::data
