#include <map>
#include <nlohmann/json.hpp>

#include "data/dynamodb_source/backend.hpp"
#include "data/outage.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using Done = std::function<void(TablesReply)>;

// 16 MB of items, which are longer as JSON.
constexpr std::uint64_t kMaxResponse = 48U << 20;

dynamodb::Failure unreachable() {
  return {std::string(kUnreachable), "Unable to reach the DynamoDB endpoint"};
}

// {"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":…, …}; absent: it is
// not DynamoDB that has answered.
std::optional<dynamodb::Failure> read_failure(const net::HttpResponse& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("__type") || !body["__type"].is_string()) return {};
  dynamodb::Failure failure;
  failure.type = body["__type"].get<std::string>();
  failure.type = failure.type.substr(failure.type.rfind('#') + 1);
  for (const auto& [name, member] : body.items()) {
    if ((name == "message" || name == "Message") && member.is_string()) {
      failure.message = member.get<std::string>();
    } else if (name == "Item" || name == "CancellationReasons") {
      failure.members += (failure.members.empty() ? "\"" : ",\"") + name + "\":" + member.dump();
    }
  }
  return failure;
}

class EndpointBackend final : public Backend, public std::enable_shared_from_this<EndpointBackend> {
 public:
  EndpointBackend(boost::asio::io_context& io, EndpointOptions options)
      : options_(std::move(options)),
        pool_(net::make_http_pool(io, {.connect = options_.connect})) {}

  void execute(std::string operation, std::string request, Done done) override {
    const std::uint64_t bytes = request.size();
    if (waiting_.size() >= options_.max_waiting ||
        waiting_bytes_ + bytes > options_.max_waiting_bytes) {
      return done({dynamodb::Failure("ThrottlingException",
                                     "Too many requests wait for the DynamoDB endpoint"),
                   {}});
    }
    net::HttpRequest http;
    http.method = "POST";
    http.url = options_.url;
    http.headers = {{"content-type", "application/x-amz-json-1.0"},
                    {"x-amz-target", "DynamoDB_20120810." + operation}};
    http.body = std::move(request);
    net::sign_request(http, options_.signer, std::chrono::system_clock::now());
    const std::uint64_t number = next_++;
    waiting_.emplace(number, Waiting{std::move(done), bytes});
    waiting_bytes_ += bytes;
    pool_->send(std::move(http), {options_.timeout, kMaxResponse},
                [self = shared_from_this(), number](Result<net::HttpResponse> response) {
                  self->finish(number, std::move(response));
                });
  }

 private:
  struct Waiting {
    Done done;
    std::uint64_t bytes;
  };

  void finish(std::uint64_t number, Result<net::HttpResponse> response) {
    const auto found = waiting_.find(number);
    const Done done = std::move(found->second.done);
    waiting_bytes_ -= found->second.bytes;
    waiting_.erase(found);
    if (!response) {
      outage_.failed(response.error().message);
      return done({unreachable(), {}});
    }
    const std::string id(response->header("x-amzn-requestid").value_or(""));
    if (response->status == 200) {
      outage_.answered();
      return done({std::move(response->body), id});
    }
    std::optional<dynamodb::Failure> failure = read_failure(*response);
    if (!failure) {
      outage_.failed(options_.url.authority() + " answered " + std::to_string(response->status) +
                     " without an error of DynamoDB's");
      return done({unreachable(), {}});
    }
    outage_.answered();
    done({std::move(*failure), id});
  }

  const EndpointOptions options_;
  std::unique_ptr<net::HttpPool> pool_;
  Outage outage_{"dynamodb.endpoint"};
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace

std::shared_ptr<Backend> make_endpoint_backend(boost::asio::io_context& io,
                                               EndpointOptions options) {
  return std::make_shared<EndpointBackend>(io, std::move(options));
}

}  // namespace eventsd::data::dynamodb_source
