#include "data/dynamodb_source/source.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <nlohmann/json.hpp>

#include "data/dynamodb/log.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;

DataSourceAnswer broken(const std::exception& failure) {
  dynamodb::logger()->error("dynamodb request failed err=\"{}\"", failure.what());
  return DataSourceAnswer::failure("DynamoDB:InternalServerErrorException",
                                   "The request could not be carried out");
}

DataSourceAnswer conclude(const Plan& plan, const TablesReply& reply, std::string_view call_id) {
  const std::string_view request_id = reply.request_id.empty() ? call_id : reply.request_id;
  Conclusion conclusion;
  if (reply.reply) {
    const Json answer = Json::parse(*reply.reply, nullptr, false);
    if (!answer.is_object()) {
      return to_answer({std::string(kUnreachable), "The DynamoDB endpoint gave no JSON object"},
                       request_id);
    }
    conclusion = plan.conclude(answer);
  } else if (plan.judge) {
    conclusion = plan.judge(reply.reply.error());
  } else {
    conclusion = Conclusion::failed(reply.reply.error());
  }
  if (!conclusion.failure) return DataSourceAnswer::success(std::move(conclusion.result));
  return to_answer(*conclusion.failure, request_id,
                   conclusion.result.empty() ? "null" : std::move(conclusion.result));
}

// What a call needs after it has begun, when the source itself may have been replaced.
struct Shared {
  SourceOptions options;
  boost::asio::io_context& io;
};
using SharedPtr = std::shared_ptr<const Shared>;

class DynamoDbSource final : public DataSource {
 public:
  DynamoDbSource(SourceOptions options, OutboundCalls& calls)
      : calls_(calls),
        shared_(std::make_shared<const Shared>(Shared{std::move(options), calls.io()})) {}

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        call.deadline - std::chrono::steady_clock::now());
    const auto given = std::make_shared<const DataSourceCall>(std::move(call));
    return calls_.run("DynamoDB", std::min(shared_->options.wall_time, left),
                      [shared = shared_, given](Answer done) { begin(shared, *given, done); });
  }

 private:
  static void begin(const SharedPtr& shared, const DataSourceCall& call, const Answer& done) {
    const Json request = Json::parse(call.request, nullptr, false);
    if (request.is_discarded()) {
      return done(DataSourceAnswer::invalid("the request is not valid JSON in UTF-8"));
    }
    const SourceOptions& options = shared->options;
    Checked<Plan> plan = translate(
        request, {options.table, call.api_id + '\n' + call.namespace_name + '\n' + options.name,
                  *options.tokens});
    if (!plan) return done(refuse(plan.error(), call.request_id));
    execute(shared, std::move(*plan), call.request_id, done);
  }

  static DataSourceAnswer refuse(const Refusal& refusal, std::string_view request_id) {
    if (refusal.is_shape()) return DataSourceAnswer::invalid(refusal.why());
    return to_answer(refusal.failure(), request_id);
  }

  static void execute(const SharedPtr& shared, Plan plan, const std::string& call_id,
                      const Answer& done) {
    std::string operation = std::move(plan.operation);
    std::string request = std::move(plan.request);
    const auto kept = std::make_shared<const Plan>(std::move(plan));
    // Called on a thread of the tables, where copies of the callback live for a while: what waits
    // for the answer goes back whole, and ends on the thread that it belongs to.
    const auto waits = std::make_shared<Answer>(done);
    shared->options.backend->execute(
        std::move(operation), std::move(request), [shared, kept, call_id, waits](TablesReply reply) {
          const auto arrived = std::make_shared<const TablesReply>(std::move(reply));
          boost::asio::post(shared->io, [kept, call_id, give = std::move(*waits), arrived] {
            try {
              give(conclude(*kept, *arrived, call_id));
            } catch (const std::exception& failure) {
              give(broken(failure));
            }
          });
        });
  }

  OutboundCalls& calls_;
  const SharedPtr shared_;
};

}  // namespace

std::shared_ptr<DataSource> make_dynamodb_source(SourceOptions options, OutboundCalls& calls) {
  return std::make_shared<DynamoDbSource>(std::move(options), calls);
}

}  // namespace eventsd::data::dynamodb_source
