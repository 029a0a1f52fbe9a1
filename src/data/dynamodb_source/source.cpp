#include "data/dynamodb_source/source.hpp"

#include <algorithm>

#include "data/dynamodb_source/request_run.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

class DynamoDbSource final : public DataSource {
 public:
  DynamoDbSource(SourceOptions options, OutboundCalls& calls)
      : calls_(calls),
        runner_(
            std::make_shared<const RequestRunner>(RequestRunner{std::move(options), calls.io()})) {}

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        call.deadline - std::chrono::steady_clock::now());
    const auto given = std::make_shared<const DataSourceCall>(std::move(call));
    return calls_.run(
        "DynamoDB", std::min(runner_->options.wall_time, left),
        [runner = runner_, given](Answer done) { run_request(runner, given, std::move(done)); });
  }

 private:
  OutboundCalls& calls_;
  const std::shared_ptr<const RequestRunner> runner_;
};

}  // namespace

std::shared_ptr<DataSource> make_dynamodb_source(SourceOptions options, OutboundCalls& calls) {
  return std::make_shared<DynamoDbSource>(std::move(options), calls);
}

}  // namespace eventsd::data::dynamodb_source
