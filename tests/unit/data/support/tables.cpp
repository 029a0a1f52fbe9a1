#include "unit/data/support/tables.hpp"

#include <cstdlib>
#include <future>
#include <stdexcept>

namespace eventsd::test {

using data::dynamodb::Reply;

Tables::Tables(std::vector<data::dynamodb::TableSpec> tables) {
  std::string pattern = (std::filesystem::temp_directory_path() / "eventsd-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  reopen(std::move(tables));
}

Tables::~Tables() {
  store_.reset();
  std::filesystem::remove_all(folder_);
}

std::string Tables::open(std::vector<data::dynamodb::TableSpec> tables) {
  store_.reset();
  data::dynamodb::Options options;
  options.path = file().string();
  options.tables = std::move(tables);
  options.synchronous = "OFF";
  options.ttl_interval = std::chrono::hours(1);
  options.now = [this] {
    return std::chrono::system_clock::time_point(std::chrono::seconds(now.load()));
  };
  auto opened = data::dynamodb::make_dynamodb(std::move(options));
  if (!opened) return opened.error().message;
  store_ = std::move(*opened);
  return {};
}

void Tables::reopen(std::vector<data::dynamodb::TableSpec> tables) {
  const std::string error = open(std::move(tables));
  if (!error.empty()) throw std::runtime_error(error);
}

nlohmann::json Tables::ask(const std::string& operation, const nlohmann::json& request) {
  return ask(operation, request.dump());
}

nlohmann::json Tables::ask(const std::string& operation, const std::string& request) {
  std::promise<Reply> promise;
  store_->execute(operation, request, [&](Reply reply) { promise.set_value(std::move(reply)); });
  const Reply reply = promise.get_future().get();
  if (reply) return nlohmann::json::parse(*reply);
  nlohmann::json error = nlohmann::json::parse(data::dynamodb::failure_body(reply.error()));
  error.erase("__type");
  error["error"] = reply.error().type;
  return error;
}

void Tables::expire() {
  std::promise<void> promise;
  store_->expire([&] { promise.set_value(); });
  promise.get_future().get();
}

}  // namespace eventsd::test
