#include "data/functions.hpp"

#include <map>

#include "data/lambda_answer.hpp"
#include "data/outage.hpp"

namespace eventsd::data {
namespace {

using net::LambdaAnswer;

constexpr std::size_t kMostOutages = 64;

class ConfiguredFunctions final : public Functions {
 public:
  explicit ConfiguredFunctions(FunctionsOptions options) : options_(std::move(options)) {}

  void invoke(std::string_view name, std::string event, std::chrono::milliseconds timeout,
              Answer done) override {
    const auto function = net::find_lambda_function(options_.functions, name);
    if (!function || !options_.pool) {
      return done(DataSourceAnswer::failure(
          "Lambda:ResourceNotFoundException",
          "The function \"" + std::string(name) + "\" is not in lambda.functions."));
    }
    const net::RequestSigner sign = options_.signer ? options_.signer(function->region) : nullptr;
    net::invoke_lambda(
        *options_.pool, *function, net::LambdaInvocation::request_response, std::move(event),
        timeout, sign,
        [outage = outage_of(function->name), done = std::move(done)](Result<LambdaAnswer> answer) {
          if (answer) {
            outage->answered();
          } else {
            outage->failed(answer.error().message);
          }
          done(lambda_answer(answer));
        });
  }

 private:
  std::shared_ptr<Outage> outage_of(const std::string& function) {
    // The name has a version or alias of the code's choice.
    if (outages_.size() > kMostOutages) outages_.clear();
    std::shared_ptr<Outage>& outage = outages_[function];
    if (!outage) outage = std::make_shared<Outage>(function);
    return outage;
  }

  const FunctionsOptions options_;
  std::map<std::string, std::shared_ptr<Outage>> outages_;  // by name
};

}  // namespace

std::shared_ptr<Functions> make_functions(FunctionsOptions options) {
  return std::make_shared<ConfiguredFunctions>(std::move(options));
}

}  // namespace eventsd::data
