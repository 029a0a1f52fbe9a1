#include "data/dynamodb_source/request_run.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <nlohmann/json.hpp>

#include "data/dynamodb/log.hpp"
#include "data/dynamodb_source/custom_strategy.hpp"
#include "data/dynamodb_source/plain_json.hpp"
#include "data/dynamodb_source/plan.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using dynamodb::Failure;

DataSourceAnswer broken(const std::exception& failure) {
  dynamodb::logger()->error("dynamodb request failed err=\"{}\"", failure.what());
  return DataSourceAnswer::failure("DynamoDB:InternalServerErrorException",
                                   "The request could not be carried out");
}

Conclusion conclude(const Plan& plan, const TablesReply& reply) {
  if (reply.reply) {
    if (plan.conclude_text) {
      if (auto read = plan.conclude_text(*reply.reply)) return std::move(*read);
    }
    const Json answer = Json::parse(*reply.reply, nullptr, false);
    if (answer.is_object()) return plan.conclude(answer);
    return Conclusion::failed(
        {std::string(kUnreachable), "The DynamoDB endpoint gave no JSON object"});
  }
  return plan.judge ? plan.judge(reply.reply.error()) : Conclusion::failed(reply.reply.error());
}

// One request and, with strategy Custom, its retry. On the io_context's thread only.
class RequestRun : public std::enable_shared_from_this<RequestRun> {
 public:
  RequestRun(std::shared_ptr<const RequestRunner> runner,
             std::shared_ptr<const DataSourceCall> call, Answer done)
      : runner_(std::move(runner)), call_(std::move(call)), done_(std::move(done)) {}

  void begin() {
    const Json request = Json::parse(call_->request, nullptr, false);
    if (request.is_discarded()) {
      return done_(DataSourceAnswer::invalid("the request is not valid JSON in UTF-8"));
    }
    Checked<Plan> plan = translate_one(request);
    if (plan) return execute(std::move(*plan));
    if (plan.error().is_shape()) return done_(DataSourceAnswer::invalid(plan.error().why()));
    done_(to_answer(plan.error().failure(), call_->request_id));
  }

 private:
  Checked<Plan> translate_one(const Json& request) const {
    const SourceOptions& options = runner_->options;
    return translate(
        request, {options.table, call_->api_id + '\n' + call_->namespace_name + '\n' + options.name,
                  *options.tokens});
  }

  void execute(Plan plan) {
    std::string operation = std::move(plan.operation);
    std::string request = std::move(plan.request);
    // Called on a thread of the tables, where copies of the callback live for a while: what waits
    // for the answer goes back whole, and ends on the thread that it belongs to.
    struct Waiting {
      std::shared_ptr<RequestRun> run;
      Plan plan;
    };
    const auto waits = std::make_shared<Waiting>(Waiting{shared_from_this(), std::move(plan)});
    runner_->options.backend->execute(
        std::move(operation), std::move(request), [&io = runner_->io, waits](TablesReply reply) {
          const auto arrived = std::make_shared<const TablesReply>(std::move(reply));
          boost::asio::post(io, [was = std::move(*waits), arrived] {
            was.run->guarded([&] { was.run->arrive(conclude(was.plan, *arrived), *arrived); });
          });
        });
  }

  // What throws is a bug: the request has an answer still.
  template <typename Step>
  void guarded(const Step& step) {
    try {
      step();
    } catch (const std::exception& failure) {
      done_(broken(failure));
    }
  }

  void arrive(Conclusion conclusion, const TablesReply& reply) {
    if (!reply.request_id.empty()) request_id_ = reply.request_id;
    // A retry that fails is rejected, whatever its condition says of a function.
    const bool ask = conclusion.arbiter && !has_asked_ && runner_->options.functions;
    if (ask) return ask_function(std::move(conclusion));
    finish(std::move(conclusion));
  }

  void ask_function(Conclusion open) {
    has_asked_ = true;
    const SourceOptions& options = runner_->options;
    const std::string function = open.arbiter->function;
    std::string event = custom_event(*call_, open.arbiter->found, {options.table, options.region});
    const auto asked = std::make_shared<Conclusion>(std::move(open));
    options.functions->invoke(
        function, std::move(event), time_left(*call_, options.wall_time),
        [self = shared_from_this(), asked](DataSourceAnswer answer) {
          self->guarded([&] { self->follow(read_verdict(answer, self->call_->request), *asked); });
        });
  }

  void follow(Verdict verdict, const Conclusion& open) {
    if (verdict.action == Verdict::Action::discard) {
      const auto& found = open.arbiter->found;
      return finish(Conclusion::success(found ? plain_text(*found) : "null"));
    }
    if (verdict.action == Verdict::Action::retry) {
      // Nobody would learn of a write that begins after the call's end.
      if (time_left(*call_, runner_->options.wall_time).count() <= 0) return reject(open, "");
      Checked<Plan> plan = translate_one(Json::parse(verdict.request));
      if (plan) return execute(std::move(*plan));
      if (!plan.error().is_shape()) return finish(Conclusion::failed(plan.error().failure()));
      verdict.trouble = "its retryMapping is invalid: " + plan.error().why();
    }
    reject(open, verdict.trouble);
  }

  void reject(const Conclusion& open, const std::string& trouble) {
    Failure failure = *open.failure;
    if (!trouble.empty()) {
      failure.message += "; the function " + open.arbiter->function +
                         " of conditionalCheckFailedHandler did not decide: " + trouble;
    }
    finish(Conclusion::failed(std::move(failure), open.result));
  }

  void finish(Conclusion conclusion) {
    if (!conclusion.failure) return done_(DataSourceAnswer::success(std::move(conclusion.result)));
    done_(to_answer(*conclusion.failure, request_id_.empty() ? call_->request_id : request_id_,
                    conclusion.result.empty() ? "null" : std::move(conclusion.result)));
  }

  const std::shared_ptr<const RequestRunner> runner_;
  const std::shared_ptr<const DataSourceCall> call_;
  const Answer done_;
  std::string request_id_;  // the service's; empty: it has given none
  bool has_asked_ = false;
};

}  // namespace

void run_request(std::shared_ptr<const RequestRunner> runner,
                 std::shared_ptr<const DataSourceCall> call, Answer done) {
  std::make_shared<RequestRun>(std::move(runner), std::move(call), std::move(done))->begin();
}

}  // namespace eventsd::data::dynamodb_source
