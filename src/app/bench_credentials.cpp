#include "app/bench_credentials.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/cli_credentials.hpp"

namespace eventsd::app::bench {
namespace {

using nlohmann::json;

// The same for every operation.
class FixedCredentials final : public Credentials {
 public:
  FixedCredentials(std::string authorization, std::string headers)
      : authorization_(std::move(authorization)), headers_(std::move(headers)) {}

  void append_authorization(std::string& out, std::string_view) const override {
    out += authorization_;
  }
  void append_headers(std::string& out, std::string_view) const override { out += headers_; }

 private:
  std::string authorization_;
  std::string headers_;
};

// Signs each operation anew.
class SignedCredentials final : public Credentials {
 public:
  explicit SignedCredentials(const EventsEndpoint& endpoint)
      : publish_(endpoint.publish), signer_(endpoint.credentials) {}

  void append_authorization(std::string& out, std::string_view body) const override {
    out += signer_->authorization(body);
  }
  void append_headers(std::string& out, std::string_view body) const override {
    net::HttpRequest request;
    request.method = "POST";
    request.url = publish_;
    request.body = body;
    for (const auto& [name, value] : signer_->headers(request)) {
      out.append(name).append(": ").append(value).append("\r\n");
    }
  }

 private:
  const net::Url publish_;
  const std::shared_ptr<const ClientCredentials> signer_;
};

bool is_header_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c > '~'; });
}

}  // namespace

Result<std::unique_ptr<Credentials>> make_credentials(const EventsEndpoint& endpoint,
                                                      const std::string& auth_token) {
  const bool has_token = !auth_token.empty();
  if (!has_token && endpoint.api_key.empty()) {
    return std::make_unique<SignedCredentials>(endpoint);
  }
  const std::string& secret = has_token ? auth_token : endpoint.api_key;
  if (!is_header_value(secret)) {
    return fail(ErrorKind::bad_request,
                std::string(has_token ? "the token" : "the API key") +
                    " holds characters that cannot stand in a header; is it the right file?");
  }
  const char* const name = has_token ? "authorization" : "x-api-key";
  const json object{{"host", endpoint.publish.authority()},
                    {has_token ? "Authorization" : "x-api-key", secret}};
  return std::make_unique<FixedCredentials>(object.dump(),
                                            std::string(name) + ": " + secret + "\r\n");
}

}  // namespace eventsd::app::bench
