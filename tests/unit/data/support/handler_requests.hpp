// A DynamoDB data source, asked as handlers ask it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "data/dynamodb_source/source.hpp"
#include "data/outbound_calls.hpp"
#include "eventsd/executor.hpp"
#include "unit/data/support/tables.hpp"

namespace eventsd::test {

// Keeps what it was asked and answers what it is told to; otherwise asks the tables.
class RecordingBackend final : public data::dynamodb_source::Backend {
 public:
  explicit RecordingBackend(data::dynamodb::DynamoDb& store) : store_(store) {}
  void execute(std::string operation, std::string request,
               std::function<void(data::dynamodb_source::TablesReply)> done) override;

  std::string operation;
  nlohmann::json request;
  // The next reply instead of the tables' own.
  std::optional<data::dynamodb::Reply> next;

 private:
  data::dynamodb::DynamoDb& store_;
};

// Functions that keep what they are asked and answer what they are told to.
class RecordingFunctions final : public data::Functions {
 public:
  void invoke(std::string_view function, std::string event, std::chrono::milliseconds timeout,
              data::Answer done) override;

  std::vector<std::string> asked;  // names
  nlohmann::json event;            // the last one
  DataSourceAnswer answer = DataSourceAnswer::success(R"({"action":"reject"})");
  std::function<void()> meanwhile;  // runs before the answer
};

class HandlerRequests {
 public:
  explicit HandlerRequests(Tables& tables, const std::string& table = "messages");

  DataSourceAnswer ask(const nlohmann::json& request, const std::string& namespace_name = "chat");
  DataSourceAnswer ask_text(const std::string& request, const std::string& namespace_name = "chat");
  // ctx.result of a request that succeeds; the error as text otherwise.
  nlohmann::json result(const nlohmann::json& request);
  // "type: message" of ctx.error without the request's id, "invalid: why" of a wrong shape.
  std::string error(const nlohmann::json& request);

  std::shared_ptr<RecordingBackend> backend;
  std::shared_ptr<RecordingFunctions> functions = std::make_shared<RecordingFunctions>();
  std::shared_ptr<const std::string> identity;  // of who asks

 private:
  boost::asio::io_context io_;
  data::OutboundCalls calls_{io_};
  std::shared_ptr<DataSource> source_;
};

}  // namespace eventsd::test
