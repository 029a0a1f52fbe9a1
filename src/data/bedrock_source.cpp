#include "data/bedrock_source.hpp"

#include <algorithm>

#include "data/request_members.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::data {
namespace {

using Endpoints = std::map<std::string, net::Url>;

const net::Url* find_endpoint(const Endpoints& endpoints, const std::string& model) {
  auto place = endpoints.find(model);
  if (place == endpoints.end()) place = endpoints.find("*");
  return place == endpoints.end() ? nullptr : &place->second;
}

// {"guardrailIdentifier": …} and its like are headers of InvokeModel.
Result<void> add_guardrail(net::HttpRequest& request, const RequestMembers& members) {
  for (const auto& [member, header] :
       {std::pair("guardrailIdentifier", "X-Amzn-Bedrock-GuardrailIdentifier"),
        std::pair("guardrailVersion", "X-Amzn-Bedrock-GuardrailVersion"),
        std::pair("guardrailTrace", "X-Amzn-Bedrock-Trace")}) {
    const auto value = members.text(member);
    if (!value) return value.error();
    if (*value) request.headers.emplace_back(header, **value);
  }
  return {};
}

// All members but those that are said elsewhere.
std::string converse_body(const RequestMembers& members) {
  std::string body = "{";
  for (const auto& [name, json] : members.all()) {
    if (name == "operation" || name == "modelId") continue;
    if (body.size() > 1) body += ',';
    body += json_text(name) + ":" + std::string(json);
  }
  return body + "}";
}

// The kind `not_found`: there is no endpoint.
Result<net::HttpRequest> parse_request(const Endpoints& endpoints, std::string_view request) {
  const auto members = RequestMembers::parse(request);
  if (!members) return members.error();
  const auto operation = members->required_text("operation");
  if (!operation) return operation.error();
  const bool invokes = *operation == "InvokeModel";
  if (!invokes && *operation != "Converse") {
    return fail(ErrorKind::bad_request,
                "operation must be InvokeModel or Converse, not \"" + *operation + "\"");
  }
  const auto model = members->required_text("modelId");
  if (!model) return model.error();
  const net::Url* endpoint = find_endpoint(endpoints, *model);
  if (!endpoint) {
    return fail(ErrorKind::not_found, "No endpoint is configured for model \"" + *model +
                                          "\": add it to \"bedrock\" in eventsd's configuration.");
  }
  net::HttpRequest made{"POST", *endpoint, {{"Content-Type", "application/json"}}, {}};
  while (made.url.path.ends_with('/')) made.url.path.pop_back();
  made.url.path += "/model/" + net::percent_encode(*model) + (invokes ? "/invoke" : "/converse");
  if (!invokes) {
    made.body = converse_body(*members);
    return made;
  }
  const std::string_view body = members->raw("body");
  if (body.empty()) return fail(ErrorKind::bad_request, "the request has no \"body\"");
  made.body = body;
  const auto guarded = add_guardrail(made, *members);
  if (!guarded) return guarded.error();
  return made;
}

DataSourceAnswer answer_of(const net::HttpResponse& response) {
  if (response.status < 200 || response.status > 299) {
    std::string text = "The endpoint answered " + std::to_string(response.status) + ".";
    if (const auto members = RequestMembers::parse(response.body)) {
      const auto message = members->text("message");
      if (message && *message) text = **message;
    }
    return DataSourceAnswer::failure("Bedrock:HttpStatus" + std::to_string(response.status),
                                     std::move(text));
  }
  protocol::JsonScanner scanner(response.body);
  if (!scanner.skip_value() || !scanner.at_end()) {
    return DataSourceAnswer::failure("Bedrock:InvalidAnswerException",
                                     "The endpoint's answer is not JSON.");
  }
  return DataSourceAnswer::success(response.body);
}

}  // namespace

std::shared_ptr<DataSource> make_bedrock_source(BedrockSourceOptions options,
                                                OutboundCalls& calls) {
  options.http.wall_time = std::min(options.http.wall_time, kBedrockTime);
  HttpRules rules;
  rules.service = "Bedrock";
  rules.ask = [endpoints = std::move(options.endpoints)](std::string_view request) {
    return parse_request(endpoints, request);
  };
  rules.read = answer_of;
  return make_exchange_source(std::move(options.http), std::move(rules), calls);
}

}  // namespace eventsd::data
