#include <map>
#include <nlohmann/json.hpp>

#include "data/dynamodb/log.hpp"
#include "data/dynamodb_source/backend.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;
using Done = std::function<void(TablesReply)>;

// 16 MB of items, which are longer as JSON.
constexpr std::uint64_t kMaxResponse = 48U << 20;

dynamodb::Failure unreachable() {
  return {std::string(kUnreachable), "Unable to reach the DynamoDB endpoint"};
}

// {"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":…, …}
dynamodb::Failure read_failure(const net::HttpResponse& response, const std::string& where) {
  const Json body = Json::parse(response.body, nullptr, false);
  if (!body.is_object() || !body.contains("__type") || !body["__type"].is_string()) {
    dynamodb::logger()->warn("dynamodb endpoint={} answered status={} without an error type", where,
                             response.status);
    return unreachable();
  }
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
      : io_(io), options_(std::move(options)) {
    options_.http.max_response_bytes = kMaxResponse;
    if (options_.url.path.empty()) options_.url.path = "/";
  }

  void execute(std::string operation, std::string request, Done done) override {
    if (closed_) return done({unreachable(), {}});
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
    net::async_http_request(
        io_, std::move(http), options_.http,
        [self = shared_from_this(), number](Result<net::HttpResponse> response) {
          self->finish(number, std::move(response));
        });
  }

  void close() override {
    closed_ = true;
    for (auto& [number, one] : std::exchange(waiting_, {})) one.done({unreachable(), {}});
  }

 private:
  struct Waiting {
    Done done;
    std::uint64_t bytes;
  };

  void finish(std::uint64_t number, Result<net::HttpResponse> response) {
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return;  // closed meanwhile
    const Done done = std::move(found->second.done);
    waiting_bytes_ -= found->second.bytes;
    waiting_.erase(found);
    if (!response) {
      dynamodb::logger()->warn("dynamodb endpoint={} err=\"{}\"", options_.url.authority(),
                               response.error().message);
      return done({unreachable(), {}});
    }
    const std::string id(response->header("x-amzn-requestid").value_or(""));
    if (response->status == 200) return done({std::move(response->body), id});
    done({read_failure(*response, options_.url.authority()), id});
  }

  boost::asio::io_context& io_;
  EndpointOptions options_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t next_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<Backend> make_endpoint_backend(boost::asio::io_context& io,
                                               EndpointOptions options) {
  return std::make_shared<EndpointBackend>(io, std::move(options));
}

}  // namespace eventsd::data::dynamodb_source
