// A store in a folder of its own, asked as clients ask it.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "data/dynamodb/dynamodb.hpp"

namespace eventsd::test {

class Tables {
 public:
  explicit Tables(std::vector<data::dynamodb::TableSpec> tables = {});
  ~Tables();

  // The answer, or {"error": type, "message": …, …the error's members}.
  nlohmann::json ask(const std::string& operation, const nlohmann::json& request);
  nlohmann::json ask(const std::string& operation, const std::string& request);
  // Deletes what has expired.
  void expire();
  // Closes the store and opens the file again.
  void reopen(std::vector<data::dynamodb::TableSpec> tables = {});
  // The error of opening, or "".
  std::string open(std::vector<data::dynamodb::TableSpec> tables);

  data::dynamodb::DynamoDb& store() { return *store_; }
  std::filesystem::path file() const { return folder_ / "dynamodb.db"; }

  // The store's clock, in seconds since the epoch.
  std::atomic<std::int64_t> now{1'700'000'000};

 private:
  std::filesystem::path folder_;
  std::unique_ptr<data::dynamodb::DynamoDb> store_;
};

}  // namespace eventsd::test
