// The Authorization header, the headers around it, and the canonical forms of path and query.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/sigv4_claim.hpp"

namespace {

using namespace eventsd;
using namespace eventsd::net;
using namespace std::chrono_literals;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

bool is_canonical(std::string_view text, std::string_view also) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%";
  for (const char c : text) {
    if (kPlain.find(c) == std::string_view::npos && also.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

void check_authorization(std::string_view text) {
  const auto parsed = parse_sigv4_authorization(text);
  if (!parsed) {
    require(parsed.error().kind == ErrorKind::bad_request && !parsed.error().message.empty());
    return;
  }
  // What was taken says the same when it is written down in the usual order.
  std::string again = "AWS4-HMAC-SHA256 Credential=";
  again += parsed->access_key_id;
  again += '/' + parsed->scope.text() + ", SignedHeaders=";
  for (std::size_t i = 0; i < parsed->signed_headers.size(); ++i) {
    if (i > 0) {
      again += ';';
      require(parsed->signed_headers[i - 1] < parsed->signed_headers[i]);
    }
    again += parsed->signed_headers[i];
  }
  again += ", Signature=";
  again += parsed->signature;
  const auto repeated = parse_sigv4_authorization(again);
  require(repeated.has_value() && repeated->signed_headers == parsed->signed_headers);
  require(repeated->scope.text() == parsed->scope.text());
}

}  // namespace

// First line: an Authorization header. Second: path and query. Others: headers, "name:value".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view authorization = take_line(text);
  const std::string_view target = take_line(text);
  check_authorization(authorization);

  const auto question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  const std::string once = canonical_path(path, SigV4Path::as_sent);
  require(is_canonical(once, "/") && canonical_path(once, SigV4Path::as_sent) == once);
  const std::string twice = canonical_path(path, SigV4Path::standard);
  require(is_canonical(twice, "/") && twice.starts_with('/'));
  require(twice.find("//") == std::string::npos && twice.find("/./") == std::string::npos &&
          twice.find("/../") == std::string::npos);
  const std::string sorted = canonical_query(query);
  require(is_canonical(sorted, "=&") && canonical_query(sorted) == sorted);

  HeaderList headers;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto colon = std::min(line.find(':'), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  const auto now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 12h;
  const auto claim = check_sigv4_claim(authorization, headers, {"us-east-1", "appsync"}, now);
  const std::string hash = sha256_hex(text);
  if (claim) {
    const SigV4Request request{"POST", path, query, headers, hash};
    const Sha256 key = sigv4_key("secret", claim->authorization.scope);
    // No input carries a signature by chance, and ours made for it is taken.
    SigV4Claim ours = *claim;
    const std::string signature =
        sigv4_signature(key, ours.timestamp, ours.authorization.scope,
                        canonical_request(request, ours.authorization.signed_headers));
    ours.authorization.signature = signature;
    bool other_digest = false;
    for (const auto& [name, value] : headers) {
      if (name == "x-amz-content-sha256" && value != hash) other_digest = true;
    }
    require(sigv4_matches(ours, key, request) == !other_digest);
  }
  return 0;
}
