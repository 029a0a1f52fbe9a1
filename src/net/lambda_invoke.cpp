#include "net/lambda_invoke.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace eventsd::net {
namespace {

// arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER], or NAME[:QUALIFIER]
struct FunctionName {
  std::string_view region;
  std::string_view name;
  std::string_view qualifier;
};

FunctionName parse_name(std::string_view text) {
  FunctionName parsed;
  if (text.starts_with("arn:")) {
    for (int part = 0; part < 6; ++part) {
      const std::size_t colon = text.find(':');
      if (part == 3) parsed.region = text.substr(0, colon);
      text = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    }
  }
  const std::size_t colon = text.find(':');
  parsed.name = text.substr(0, colon);
  if (colon != std::string_view::npos) parsed.qualifier = text.substr(colon + 1);
  return parsed;
}

const LambdaFunctionConfig* find_entry(const std::vector<LambdaFunctionConfig>& functions,
                                       std::string_view name) {
  for (const LambdaFunctionConfig& entry : functions) {
    if (entry.name == name) return &entry;
  }
  const std::string_view wanted = parse_name(name).name;
  for (const LambdaFunctionConfig& entry : functions) {
    if (parse_name(entry.name).name == wanted) return &entry;
  }
  return nullptr;
}

// What another server says of its failure, fit for a log line.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, 100));
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
  return out;
}

Result<LambdaAnswer> read_answer(const LambdaFunction& function, LambdaInvocation kind,
                                 HttpResponse response) {
  if (response.status < 200 || response.status > 299) {
    std::string text = "the endpoint of function " + function.name + " answered " +
                       std::to_string(response.status);
    if (const auto type = response.header("x-amzn-errortype")) text += " " + printable(*type);
    return fail(ErrorKind::internal, std::move(text));
  }
  LambdaAnswer answer;
  if (kind == LambdaInvocation::request_response) answer.payload = std::move(response.body);
  if (const auto error = response.header("x-amz-function-error")) {
    answer.function_error = error->empty() ? "Unhandled" : printable(*error);
  }
  return answer;
}

Result<HttpRequest> make_request(const LambdaFunction& function, LambdaInvocation kind,
                                 std::string payload, const RequestSigner& sign) {
  if (payload.size() > kMaxLambdaPayload) {
    return fail(ErrorKind::payload_too_large,
                "the event for function " + function.name + " is larger than 6 MB");
  }
  HttpRequest request;
  request.method = "POST";
  request.url = function.url;
  const bool waits = kind == LambdaInvocation::request_response;
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Amz-Invocation-Type", waits ? "RequestResponse" : "Event"},
                     {"X-Amz-Log-Type", "None"}};
  request.body = std::move(payload);
  if (sign) sign(request);
  return request;
}

std::function<void(Result<HttpResponse>)> answer_reader(
    const LambdaFunction& function, LambdaInvocation kind,
    std::function<void(Result<LambdaAnswer>)> handler) {
  return [function, kind, handler = std::move(handler)](Result<HttpResponse> response) {
    if (!response) return handler(response.error());
    handler(read_answer(function, kind, std::move(*response)));
  };
}

}  // namespace

Result<LambdaFunction> find_lambda_function(const std::vector<LambdaFunctionConfig>& functions,
                                            std::string_view name) {
  const LambdaFunctionConfig* entry = find_entry(functions, name);
  if (!entry) {
    return fail(ErrorKind::bad_request, "lambda.functions has no address for \"" +
                                            std::string(name) +
                                            "\": add it with the URL of a "
                                            "server that speaks the Lambda Invoke API");
  }
  auto url = parse_url(entry->url);
  if (!url) return url.error();
  if (url->scheme != UrlScheme::http && url->scheme != UrlScheme::https) {
    return fail(ErrorKind::bad_request,
                "lambda.functions: " + entry->url + " is not http or https");
  }
  if (!url->query.empty()) {
    return fail(ErrorKind::bad_request, "lambda.functions: " + entry->url + " has a query");
  }
  const FunctionName wanted = parse_name(name);
  if (wanted.name.empty()) {
    return fail(ErrorKind::bad_request, "\"" + std::string(name) + "\" names no Lambda function");
  }
  while (url->path.ends_with('/')) url->path.pop_back();
  url->path += "/2015-03-31/functions/" + percent_encode(wanted.name) + "/invocations";
  if (!wanted.qualifier.empty()) url->query = "Qualifier=" + percent_encode(wanted.qualifier);
  return LambdaFunction{std::move(*url), std::string(name), std::string(wanted.region)};
}

void async_invoke_lambda(boost::asio::io_context& context, const LambdaFunction& function,
                         LambdaInvocation kind, std::string payload, const HttpOptions& options,
                         const RequestSigner& sign,
                         std::function<void(Result<LambdaAnswer>)> handler) {
  auto request = make_request(function, kind, std::move(payload), sign);
  if (!request) {
    boost::asio::post(context,
                      [handler = std::move(handler), error = request.error()] { handler(error); });
    return;
  }
  HttpOptions bounded = options;
  bounded.max_response_bytes = kMaxLambdaPayload;
  async_http_request(context, std::move(*request), std::move(bounded),
                     answer_reader(function, kind, std::move(handler)));
}

void invoke_lambda(HttpPool& pool, const LambdaFunction& function, LambdaInvocation kind,
                   std::string payload, std::chrono::milliseconds timeout,
                   const RequestSigner& sign, std::function<void(Result<LambdaAnswer>)> handler) {
  auto request = make_request(function, kind, std::move(payload), sign);
  if (!request) return handler(request.error());
  pool.send(std::move(*request), {timeout, kMaxLambdaPayload},
            answer_reader(function, kind, std::move(handler)));
}

}  // namespace eventsd::net
