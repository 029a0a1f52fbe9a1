// eventsd token
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli.hpp"
#include "app/events_endpoint.hpp"
#include "app/expiry.hpp"
#include "app/json_member.hpp"
#include "auth/dev_issuer.hpp"
#include "net/http_client.hpp"

namespace eventsd::app {
namespace {

using nlohmann::json;
using std::chrono::system_clock;

// "admin=true" is a boolean, "name=alice" a text.
json value_of(const std::string& text) {
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? json(text) : value;
}

// The request as the daemon takes it.
Result<std::string> to_request(const TokenOptions& options, system_clock::time_point now) {
  const auto expires = parse_expiry(options.expires, now);
  if (!expires) return fail(ErrorKind::bad_request, "--expires: " + expires.error().message);
  json claims = json::object();
  for (const std::string& claim : options.claims) {
    const std::size_t equals = claim.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(ErrorKind::bad_request, "--claim: \"" + claim + "\" is not NAME=VALUE");
    }
    claims[claim.substr(0, equals)] = value_of(claim.substr(equals + 1));
  }
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(*expires - now);
  const json request{{"sub", options.subject},
                     {"clientId", options.client_id},
                     {"audience", options.audience},
                     {"groups", options.groups},
                     {"claims", claims},
                     {"tokenUse", options.token_use},
                     {"expiresIn", left.count()}};
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::string> mint_here(const TokenOptions& options, const std::string& request,
                              system_clock::time_point now) {
  const std::string data_dir =
      !options.data_dir.empty()
          ? options.data_dir
          : process_environment()("EVENTSD_DATA_DIR").value_or("./eventsd-data");
  const auto issuer = auth::DevIssuer::open_existing(data_dir);
  if (!issuer) return issuer.error();
  const auto token = auth::parse_dev_token(request);
  if (!token) return token.error();
  return issuer->mint(*token, now);
}

Result<std::string> mint_there(const std::string& admin_url, std::string body) {
  const auto url = net::parse_url(admin_url);
  if (!url) return url.error();
  net::HttpRequest request{"POST", *url, {{"content-type", "application/json"}}, std::move(body)};
  while (request.url.path.ends_with('/')) request.url.path.pop_back();
  request.url.path += "/dev-issuer/token";
  const auto response = net::http_request(request, {});
  if (!response) return fail(response.error().kind, explain(response.error()));
  if (response->status == 404) {
    return fail(ErrorKind::not_found,
                "the daemon has no development issuer: set devIssuer.enabled and restart it");
  }
  if (response->status != 200) return fail(ErrorKind::bad_request, explain(*response));
  const json answer = json::parse(response->body, nullptr, /*allow_exceptions=*/false);
  std::string token = string_member(answer, "token");
  if (token.empty()) return fail(ErrorKind::internal, "the daemon's answer holds no token");
  return token;
}

}  // namespace

int run_token(const TokenOptions& options, const Console& console) {
  const auto now = system_clock::now();
  const auto request = to_request(options, now);
  if (!request) {
    console.err << request.error().message << "\n";
    return kWrongUsage;
  }
  const auto token = options.admin_url.empty() ? mint_here(options, *request, now)
                                               : mint_there(options.admin_url, *request);
  if (!token) {
    console.err << token.error().message << "\n";
    return kFailed;
  }
  console.out << *token << "\n";
  return kDone;
}

}  // namespace eventsd::app
