#include "unit/data/support/handler_requests.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <optional>

namespace eventsd::test {
namespace {

using data::dynamodb_source::PageTokens;
using data::dynamodb_source::TablesReply;

Task<void> await_answer(DataSource& source, DataSourceCall call,
                        std::optional<DataSourceAnswer>& answer) {
  DataSourceAnswer given = co_await source.call(std::move(call));
  answer = std::move(given);
}

}  // namespace

void RecordingBackend::execute(std::string asked_operation, std::string asked,
                               std::function<void(TablesReply)> done) {
  operation = asked_operation;
  request = nlohmann::json::parse(asked);
  if (next) {
    done({*std::exchange(next, std::nullopt), "SERVICEID"});
    return;
  }
  store_.execute(std::move(asked_operation), std::move(asked), [done](data::dynamodb::Reply reply) {
    done({std::move(reply), {}});
  });
}

void RecordingFunctions::invoke(std::string_view function, std::string given,
                                std::chrono::milliseconds, data::Answer done) {
  asked.emplace_back(function);
  event = nlohmann::json::parse(given);
  if (meanwhile) meanwhile();
  done(answer);
}

HandlerRequests::HandlerRequests(Tables& tables, const std::string& table)
    : backend(std::make_shared<RecordingBackend>(tables.store())) {
  data::dynamodb_source::SourceOptions options;
  options.name = "ddbsource";
  options.table = table;
  options.backend = backend;
  options.tokens = std::make_shared<const PageTokens>(PageTokens::from_secret("secret"));
  options.region = "eu-central-1";
  options.functions = functions;
  source_ = data::dynamodb_source::make_dynamodb_source(std::move(options), calls_);
}

DataSourceAnswer HandlerRequests::ask_text(const std::string& request,
                                           const std::string& namespace_name) {
  const ExecutorScope scope(
      [this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); });
  const auto work = boost::asio::make_work_guard(io_);
  TaskGroup tasks([](std::exception_ptr failure) { std::rethrow_exception(failure); });
  std::optional<DataSourceAnswer> answer;
  DataSourceCall call{request, "REQUESTID", "api", namespace_name};
  call.operation = "onPublish";
  call.identity = identity;
  tasks.spawn(await_answer(*source_, std::move(call), answer));
  io_.restart();
  while (!answer) io_.run_one();
  return *answer;
}

DataSourceAnswer HandlerRequests::ask(const nlohmann::json& request,
                                      const std::string& namespace_name) {
  return ask_text(request.dump(), namespace_name);
}

nlohmann::json HandlerRequests::result(const nlohmann::json& request) {
  const DataSourceAnswer answer = ask(request);
  if (!answer.invalid_request.empty()) return "invalid: " + answer.invalid_request;
  if (!answer.error_type.empty()) return answer.error_type + ": " + answer.error_message;
  return nlohmann::json::parse(answer.result);
}

std::string HandlerRequests::error(const nlohmann::json& request) {
  const DataSourceAnswer answer = ask(request);
  if (!answer.invalid_request.empty()) return "invalid: " + answer.invalid_request;
  if (answer.error_type.empty()) return "no error: " + answer.result;
  std::string message = answer.error_message;
  const std::string id = ", Request ID: REQUESTID)";
  if (message.ends_with(id)) message.resize(message.size() - id.size());
  return answer.error_type + ": " + message;
}

}  // namespace eventsd::test
