// Handlers' requests: no input breaks the translation; what it accepts becomes JSON that the tables
// can read, and whatever they reply becomes JSON again.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "data/dynamodb_source/plan.hpp"

namespace {

using namespace eventsd::data;
using namespace eventsd::data::dynamodb_source;
using Json = nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::array<Json, 5>& replies() {
  static const std::array<Json, 5> kReplies = {
      Json::object(),
      Json::parse(R"({"Item":{"id":{"S":"a"},"n":{"N":"1"}},"Attributes":{"id":{"S":"a"}}})"),
      Json::parse(R"({"Items":[{"id":{"S":"a"}},5],"LastEvaluatedKey":{"id":{"S":"a"}},
                      "ScannedCount":1})"),
      Json::parse(R"({"Responses":{"t":[{"id":{"S":"a"}}]},"UnprocessedKeys":{"t":{"Keys":[{}]}},
                      "UnprocessedItems":{"t":[{"PutRequest":{"Item":{"id":{"S":"a"}}}}]}})"),
      Json::parse(R"({"Responses":[{"Item":{"id":{"S":"a"}}},{},5]})")};
  return kReplies;
}

const std::array<dynamodb::Failure, 3>& failures() {
  static const std::array<dynamodb::Failure, 3> kFailures = {
      dynamodb::Failure("ConditionalCheckFailedException", "failed", R"("Item":{"id":{"S":"a"}})"),
      dynamodb::Failure("TransactionCanceledException", "cancelled",
                        R"("CancellationReasons":[{"Code":"None"},5])"),
      dynamodb::Failure("ValidationException", "invalid")};
  return kFailures;
}

void check(const Conclusion& conclusion) {
  require(conclusion.failure || Json::accept(conclusion.result));
  if (!conclusion.failure) return;
  const auto answer = to_answer(*conclusion.failure, "id", conclusion.result);
  require(!answer.error_type.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Json request = Json::parse(data, data + size, nullptr, false);
  if (request.is_discarded()) return 0;
  static const PageTokens kTokens = PageTokens::from_secret("secret");
  const Checked<Plan> plan = translate(request, {"t", "place", kTokens});
  if (!plan) {
    require(plan.error().is_shape() ? !plan.error().why().empty()
                                    : !plan.error().failure().type.empty());
    return 0;
  }
  const Json asked = Json::parse(plan->request, nullptr, false);
  require(asked.is_object());
  for (const Json& reply : replies()) {
    check(plan->conclude(reply));
    if (!plan->conclude_text) continue;
    if (const auto read = plan->conclude_text(reply.dump())) check(*read);
  }
  for (const dynamodb::Failure& failure : failures()) {
    if (plan->judge) check(plan->judge(failure));
  }
  return 0;
}
