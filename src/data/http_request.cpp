#include "data/http_request.hpp"

#include <algorithm>
#include <array>

#include "net/url.hpp"

namespace eventsd::data {
namespace {

constexpr std::array<std::string_view, 5> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
// Sorted for reading only; the first six are AppSync's list.
constexpr std::array<std::string_view, 17> kOwnHeaders = {"host",
                                                          "connection",
                                                          "user-agent",
                                                          "expect",
                                                          "expectation",
                                                          "transfer-encoding",
                                                          "transfer_encoding",
                                                          "content-length",
                                                          "content_length",
                                                          "keep-alive",
                                                          "proxy-connection",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "te",
                                                          "trailer",
                                                          "upgrade",
                                                          "accept-encoding"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

Error fault(std::string_view what, std::string_view reason) {
  return fail(ErrorKind::bad_request, std::string(what) + " " + std::string(reason));
}

bool is_kept_in_url(unsigned char c) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/%?";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

std::string encode_url_text(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_kept_in_url(static_cast<unsigned char>(c))) {
      encoded += c;
    } else {
      encoded += net::percent_encode(std::string_view(&c, 1));
    }
  }
  return encoded;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

// A segment "." or "..", also with its dots, or the slashes around it, percent-encoded: there are
// servers that decode before they look.
bool has_dot_segment(std::string_view path) {
  std::string plain = lower(path);
  replace_all(plain, "%2e", ".");
  replace_all(plain, "%2f", "/");
  replace_all(plain, "%5c", "/");
  for (std::size_t at = 1; at <= plain.size();) {
    const std::size_t end = std::min(plain.find('/', at), plain.size());
    const std::string_view segment = std::string_view(plain).substr(at, end - at);
    if (segment == "." || segment == "..") return true;
    at = end + 1;
  }
  return false;
}

// A member of a query or of headers: text as it is, numbers and booleans as they are written.
Result<std::string> scalar_text(std::string_view json, std::string_view what) {
  if (json.front() == '"') return parse_text(json, what);
  if (json.front() == '{' || json.front() == '[') {
    return fault(what, "must be a string, a number or a boolean");
  }
  return std::string(json);
}

Result<std::vector<std::string>> scalar_texts(std::string_view json, std::string_view what) {
  std::vector<std::string_view> elements = {json};
  if (json.front() == '[') {
    auto parsed = parse_elements(json, what);
    if (!parsed) return parsed.error();
    elements = std::move(*parsed);
  }
  std::vector<std::string> texts;
  for (const std::string_view element : elements) {
    auto text = scalar_text(element, what);
    if (!text) return text.error();
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace

Result<net::Url> resource_url(const net::Url& endpoint, std::string_view resource_path,
                              std::string_view what) {
  if (!resource_path.starts_with('/')) return fault(what, "must begin with \"/\"");
  if (resource_path.starts_with("//")) return fault(what, "must begin with one \"/\" only");
  for (const unsigned char c : resource_path) {
    if (c < ' ' || c == 0x7f) return fault(what, "must not hold control characters");
    if (c == '\\' || c == '#') return fault(what, "must not hold \"\\\" or \"#\"");
  }
  const std::size_t question = resource_path.find('?');
  const std::string_view path = resource_path.substr(0, question);
  if (has_dot_segment(path)) return fault(what, "must not hold \".\" or \"..\" as a segment");
  net::Url url = endpoint;
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += encode_url_text(path);
  if (question != std::string_view::npos) {
    if (!url.query.empty()) url.query += '&';
    url.query += encode_url_text(resource_path.substr(question + 1));
  }
  return url;
}

Result<void> add_query(net::Url& url, const RequestMembers& query) {
  for (const auto& [name, json] : query.all()) {
    const auto values = scalar_texts(json, "query \"" + name + "\"");
    if (!values) return values.error();
    for (const std::string& value : *values) {
      if (!url.query.empty()) url.query += '&';
      url.query += net::percent_encode(name) + "=" + net::percent_encode(value);
    }
  }
  return {};
}

Result<void> add_headers(net::HttpRequest& request, const RequestMembers& headers) {
  for (const auto& [name, json] : headers.all()) {
    const std::string known = lower(name);
    if (std::find(kOwnHeaders.begin(), kOwnHeaders.end(), known) != kOwnHeaders.end()) continue;
    const auto values = scalar_texts(json, "header \"" + name + "\"");
    if (!values) return values.error();
    for (const std::string& value : *values) request.headers.emplace_back(name, value);
  }
  return {};
}

bool has_header(const net::HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return lower(header.first) == name; });
}

Result<void> set_body(net::HttpRequest& request, std::string_view json) {
  if (json.empty()) return {};
  if (json.front() == '"') {
    auto text = parse_text(json, "body");
    if (!text) return text.error();
    request.body = std::move(*text);
    return {};
  }
  request.body = json;
  if (!has_header(request, "content-type")) {
    request.headers.emplace_back("Content-Type", "application/json");
  }
  return {};
}

Result<net::HttpRequest> parse_http_request(const net::Url& endpoint, std::string_view request) {
  const auto members = RequestMembers::parse(request);
  if (!members) return members.error();
  const auto method = members->required_text("method");
  if (!method) return method.error();
  if (std::find(kMethods.begin(), kMethods.end(), *method) == kMethods.end()) {
    return fault("method", "must be GET, POST, PUT, PATCH or DELETE, not \"" + *method + "\"");
  }
  const auto path = members->required_text("resourcePath");
  if (!path) return path.error();
  auto url = resource_url(endpoint, *path);
  if (!url) return url.error();
  const auto params = members->object("params");
  if (!params) return params.error();
  const auto query = params->object("query");
  if (!query) return query.error();
  const auto headers = params->object("headers");
  if (!headers) return headers.error();
  const auto queried = add_query(*url, *query);
  if (!queried) return queried.error();
  net::HttpRequest made{*method, std::move(*url), {}, {}};
  const auto headed = add_headers(made, *headers);
  if (!headed) return headed.error();
  const auto bodied = set_body(made, params->raw("body"));
  if (!bodied) return bodied.error();
  return made;
}

}  // namespace eventsd::data
