#include "data/dynamodb_source/backend.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

class EmbeddedBackend final : public Backend {
 public:
  explicit EmbeddedBackend(dynamodb::DynamoDb& store) : store_(store) {}

  void execute(std::string operation, std::string request,
               std::function<void(TablesReply)> done) override {
    store_.execute(std::move(operation), std::move(request),
                   [done = std::move(done)](dynamodb::Reply reply) {
                     done({std::move(reply), {}});
                   });
  }

 private:
  dynamodb::DynamoDb& store_;
};

}  // namespace

std::shared_ptr<Backend> make_embedded_backend(dynamodb::DynamoDb& store) {
  return std::make_shared<EmbeddedBackend>(store);
}

}  // namespace eventsd::data::dynamodb_source
