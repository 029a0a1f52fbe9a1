// What stands in for tables whose file cannot be used.
#include "data/dynamodb/dynamodb.hpp"

namespace eventsd::data::dynamodb {
namespace {

class Unusable final : public DynamoDb {
 public:
  explicit Unusable(std::string why) : why_(std::move(why)) {}

  void execute(std::string, std::string, std::function<void(Reply)> done, Allows) override {
    done(Failure("InternalServerError", "The tables cannot be read or written right now"));
  }
  Result<void> check_tables(const std::vector<TableSpec>&) const override { return {}; }
  void ensure_tables(std::vector<TableSpec>, std::function<void(Result<void>)> done) override {
    done(fail(ErrorKind::store_unavailable, why_));
  }
  std::string metrics() const override { return {}; }
  void expire(std::function<void()> done) override { done(); }
  std::string trouble() const override { return why_; }
  void stop() override {}

 private:
  const std::string why_;
};

}  // namespace

std::unique_ptr<DynamoDb> make_unusable_dynamodb(std::string why) {
  return std::make_unique<Unusable>(std::move(why));
}

}  // namespace eventsd::data::dynamodb
