#include "auth/jwks_fetch.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <charconv>

#include "auth/jwt_json.hpp"
#include "protocol/text.hpp"

namespace eventsd::auth {
namespace {

constexpr std::uint64_t kMaxDiscoveryBytes = 64 * 1024;
constexpr std::uint64_t kMaxKeySetBytes = 512 * 1024;

using Done = std::function<void(Result<FetchedKeys>)>;

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  return !no_address && address.is_loopback();
}

net::Url below(net::Url url, std::string_view path) {
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += path;
  return url;
}

std::optional<std::chrono::seconds> max_age(const net::HttpResponse& response) {
  const std::string control =
      protocol::in_lower_case(response.header("cache-control").value_or(""));
  if (control.find("no-cache") != std::string::npos ||
      control.find("no-store") != std::string::npos) {
    return std::chrono::seconds(0);
  }
  constexpr std::string_view kName = "max-age=";
  const std::size_t at = control.find(kName);
  if (at == std::string::npos) return std::nullopt;
  std::uint32_t seconds = 0;
  const char* const begin = control.data() + at + kName.size();
  const auto [end, error] = std::from_chars(begin, control.data() + control.size(), seconds);
  if (error != std::errc()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

struct Fetch : std::enable_shared_from_this<Fetch> {
  Fetch(boost::asio::io_context& context, std::string from, net::ConnectOptions options,
        std::chrono::milliseconds limit, Done then)
      : io(context),
        issuer(std::move(from)),
        connect(std::move(options)),
        timeout(limit),
        done(std::move(then)) {}

  void get(const net::Url& url, std::uint64_t max_bytes,
           void (Fetch::*then)(const net::HttpResponse&)) {
    net::HttpRequest request;
    request.url = url;
    request.headers.emplace_back("accept", "application/json");
    where = url.text();
    net::HttpOptions options;
    options.connect = connect;
    options.connect.timeout = std::min(options.connect.timeout, timeout);
    options.timeout = timeout;
    options.max_response_bytes = max_bytes;
    net::async_http_request(
        io, std::move(request), std::move(options),
        [self = shared_from_this(), then](Result<net::HttpResponse> response) {
          if (!response) return self->done(response.error());
          if (response->status != 200) {
            return self->refuse("it answered " + std::to_string(response->status));
          }
          ((*self).*then)(*response);
        });
  }

  void on_discovery(const net::HttpResponse& response) {
    const auto document = read_json_object(response.body);
    if (!document) return refuse(document.error().reason);
    const std::string named = string_of(*document, "issuer").value_or("");
    if (named != issuer) {
      return refuse("it is the document of the issuer " + quoted(named) + ", not of " +
                    quoted(issuer) + ": they must be equal, a slash at the end included");
    }
    const auto url = trusted_url(string_of(*document, "jwks_uri").value_or(""));
    if (!url) return refuse("jwks_uri: " + url.error().message);
    // An issuer elsewhere must not send us to whoever listens on this machine.
    if (url->scheme == net::UrlScheme::http && !issuer.starts_with("http://")) {
      return refuse("jwks_uri: it is not https, and the issuer is");
    }
    get(*url, kMaxKeySetBytes, &Fetch::on_keys);
  }

  void on_keys(const net::HttpResponse& response) {
    auto set = parse_jwks(response.body);
    if (!set) return refuse(set.error().message);
    done(FetchedKeys{*std::move(set), max_age(response)});
  }

  void refuse(const std::string& why) { done(fail(ErrorKind::bad_request, where + ": " + why)); }

  boost::asio::io_context& io;
  const std::string issuer;
  const net::ConnectOptions connect;
  const std::chrono::milliseconds timeout;
  const Done done;
  std::string where;
};

}  // namespace

Result<net::Url> trusted_url(const std::string& text) {
  auto url = net::parse_url(text);
  if (!url) return url;
  if (url->scheme == net::UrlScheme::https) return url;
  if (url->scheme == net::UrlScheme::http && is_loopback(url->host)) return url;
  return fail(ErrorKind::bad_request,
              "\"" + text + "\" is not https, which is needed for all but this machine's loopback");
}

void fetch_keys(boost::asio::io_context& io, const std::string& issuer, KeyLookup lookup,
                const net::ConnectOptions& connect, std::chrono::milliseconds timeout, Done done) {
  const auto url = trusted_url(issuer);
  if (!url) {
    boost::asio::post(io, [done = std::move(done), error = url.error()] { done(error); });
    return;
  }
  const auto fetch = std::make_shared<Fetch>(io, issuer, connect, timeout, std::move(done));
  if (lookup == KeyLookup::cognito) {
    fetch->get(below(*url, "/.well-known/jwks.json"), kMaxKeySetBytes, &Fetch::on_keys);
  } else {
    fetch->get(below(*url, "/.well-known/openid-configuration"), kMaxDiscoveryBytes,
               &Fetch::on_discovery);
  }
}

}  // namespace eventsd::auth
