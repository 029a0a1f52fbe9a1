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

 private:
  boost::asio::io_context io_;
  data::OutboundCalls calls_{io_};
  std::shared_ptr<DataSource> source_;
};

}  // namespace eventsd::test
