#include "data/none_source.hpp"

#include <nlohmann/json.hpp>

namespace eventsd::data {
namespace {

using nlohmann::ordered_json;

class NoneSource final : public DataSource {
 public:
  Task<DataSourceAnswer> call(DataSourceCall call) override {
    const ordered_json request = ordered_json::parse(call.request, nullptr, false);
    if (!request.is_object()) {
      co_return DataSourceAnswer::invalid("the request is no object such as {payload: …}");
    }
    const auto payload = request.find("payload");
    if (payload == request.end()) co_return DataSourceAnswer::success("null");
    co_return DataSourceAnswer::success(
        payload->dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  }
};

}  // namespace

std::shared_ptr<DataSource> make_none_source() { return std::make_shared<NoneSource>(); }

}  // namespace eventsd::data
