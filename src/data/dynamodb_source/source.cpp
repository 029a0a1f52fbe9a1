#include "data/dynamodb_source/source.hpp"

#include <exception>
#include <nlohmann/json.hpp>

#include "data/dynamodb/log.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using Done = std::function<void(DataSourceAnswer)>;

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

class DynamoDbSource final : public DataSource {
 public:
  explicit DynamoDbSource(SourceOptions options)
      : options_(std::make_shared<const SourceOptions>(std::move(options))) {}

  Task<DataSourceAnswer> call(DataSourceCall call) override {
    // The source may be replaced while the call waits: what it needs is shared.
    const auto given = std::make_shared<const DataSourceCall>(std::move(call));
    HandOff<DataSourceAnswer> answered(
        options_->work, [options = options_, given](Done done) { begin(options, *given, done); });
    DataSourceAnswer answer = co_await answered;
    co_return answer;
  }

 private:
  using Options = std::shared_ptr<const SourceOptions>;

  static void begin(const Options& options, const DataSourceCall& call, const Done& done) {
    try {
      const Json request = Json::parse(call.request, nullptr, false);
      if (request.is_discarded()) {
        return done(DataSourceAnswer::invalid("the request is not valid JSON in UTF-8"));
      }
      Checked<Plan> plan = translate(
          request, {options->table, call.api_id + '\n' + call.namespace_name + '\n' + options->name,
                    *options->tokens});
      if (!plan) return done(refuse(plan.error(), call.request_id));
      execute(options, std::move(*plan), call.request_id, done);
    } catch (const std::exception& failure) {
      done(broken(failure));
    }
  }

  static DataSourceAnswer refuse(const Refusal& refusal, std::string_view request_id) {
    if (refusal.is_shape()) return DataSourceAnswer::invalid(refusal.why());
    return to_answer(refusal.failure(), request_id);
  }

  static void execute(const Options& options, Plan plan, const std::string& call_id,
                      const Done& done) {
    std::string operation = std::move(plan.operation);
    std::string request = std::move(plan.request);
    const auto kept = std::make_shared<const Plan>(std::move(plan));
    options->backend->execute(std::move(operation), std::move(request),
                              [options, kept, call_id, done](TablesReply reply) {
                                const auto arrived =
                                    std::make_shared<const TablesReply>(std::move(reply));
                                options->work([kept, call_id, done, arrived] {
                                  try {
                                    done(conclude(*kept, *arrived, call_id));
                                  } catch (const std::exception& failure) {
                                    done(broken(failure));
                                  }
                                });
                              });
  }

  const Options options_;
};

}  // namespace

std::shared_ptr<DataSource> make_dynamodb_source(SourceOptions options) {
  return std::make_shared<DynamoDbSource>(std::move(options));
}

}  // namespace eventsd::data::dynamodb_source
