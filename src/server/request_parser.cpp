#include "server/request_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "server/http_router.hpp"

namespace eventsd::server {
namespace {

using Status = RequestParser::Status;

constexpr std::size_t kLongestDecimal = 18;
constexpr std::size_t kLongestHexadecimal = 15;
// Bodies are given their room when they are announced, but only so far on the client's word.
constexpr std::size_t kTrustedRoom = 64 * 1024;

// RFC 9110 §5.6.2
constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return kTokenCharacters[c]; });
}

// "http://host/event" → "/event": the absolute form, which servers must accept (RFC 9112 §3.2.2).
std::string_view origin_form(std::string_view target) {
  const std::size_t authority = target.starts_with("http://")    ? 7
                                : target.starts_with("https://") ? 8
                                                                 : 0;
  if (authority == 0) return target;
  const std::size_t end = target.find_first_of("/?#", authority);
  const bool has_path = end != std::string_view::npos && target[end] == '/';
  return has_path ? target.substr(end) : std::string_view("/");
}

bool parse_number(std::string_view text, int base, std::size_t longest, std::size_t& number) {
  if (text.empty() || text.size() > longest) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

bool has_element(std::string_view list, std::string_view wanted) {
  bool found = false;
  for_each_element(list, [&](std::string_view one) { found |= equals_ignoring_case(one, wanted); });
  return found;
}

// Tokens, "=" and ";", and quoted text that ends in its line and escapes nothing.
bool is_sound_extension(std::string_view text) {
  bool quoted = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted ? (byte < 0x20 && c != '\t') || byte == 0x7F || c == '\\'
                      : !kTokenCharacters[byte] && c != ';' && c != '=' && c != ' ' && c != '\t') {
      return false;
    }
  }
  return !quoted;
}

bool has_bare_line_feed(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos;
       at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

}  // namespace

bool parse_header_line(std::string_view line, std::string_view& name, std::string_view& value) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  name = line.substr(0, colon);
  if (!is_token(name)) return false;  // so no white space in front of the colon, and no folding
  value = line.substr(colon + 1);
  const std::size_t first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    value = {};
    return true;
  }
  value = value.substr(first, value.find_last_not_of(" \t") - first + 1);
  return std::all_of(value.begin(), value.end(),
                     [](unsigned char c) { return (c >= 0x20 && c != 0x7F) || c == '\t'; });
}

void RequestParser::begin(HttpRequest& request, Caps caps) {
  request_ = &request;
  caps_ = caps;
  scanned_ = rest_ = 0;
  state_ = State::head;
  minor_ = 1;
  keep_alive_ = true;
  expects_continue_ = false;
  request.clear();
}

Status RequestParser::parse(std::string_view bytes, std::size_t& used) {
  used = 0;
  for (;;) {
    const std::string_view rest = bytes.substr(used);
    std::size_t taken = 0;
    Status status = Status::more;
    const State before = state_;
    switch (state_) {
      case State::head:
        status = parse_head(rest, taken);
        break;
      case State::body:
        take_body(rest, taken);
        if (rest_ == 0) state_ = State::done;
        break;
      case State::chunk_size:
        status = parse_chunk_size(rest, taken);
        break;
      case State::chunk:
        take_body(rest, taken);
        if (rest_ == 0) state_ = State::chunk_end;
        break;
      case State::chunk_end:
        if (!std::string_view("\r\n").starts_with(rest.substr(0, 2))) return Status::malformed;
        if (rest.size() >= 2) {
          taken = 2;
          state_ = State::chunk_size;
        }
        break;
      case State::trailers:
        status = parse_trailers(rest, taken);
        break;
      case State::done:
        return Status::done;
    }
    used += taken;
    if (status != Status::more) return status;
    if (state_ == before) return Status::more;
  }
}

Status RequestParser::parse_head(std::string_view bytes, std::size_t& used) {
  while (bytes.starts_with("\r\n")) {  // RFC 9112 §2.2: robust against a line break too many
    bytes.remove_prefix(2);
    used += 2;
    scanned_ = 0;
  }
  const std::size_t from = scanned_ > 3 ? scanned_ - 3 : 0;
  const std::size_t end = bytes.find("\r\n\r\n", from);
  if (end == std::string_view::npos) {
    if (bytes.size() > caps_.header) return Status::header_too_large;
    if (has_bare_line_feed(bytes, scanned_)) return Status::malformed;
    // What is no HTTP is told so as soon as its first line has come.
    const std::size_t line = bytes.find("\r\n");
    if (line != std::string_view::npos && scanned_ <= line + 1 &&
        !parse_request_line(bytes.substr(0, line))) {
      return Status::malformed;
    }
    scanned_ = bytes.size();
    return Status::more;
  }
  if (end + 4 > caps_.header) return Status::header_too_large;
  used += end + 4;
  request_->head.assign(bytes.substr(0, end + 2));
  return parse_lines(request_->head);
}

Status RequestParser::parse_lines(std::string_view head) {
  std::size_t end = head.find("\r\n");
  if (!parse_request_line(head.substr(0, end))) return Status::malformed;
  request_->headers.reserve(16);
  for (std::size_t at = end + 2; at < head.size(); at = end + 2) {
    end = head.find("\r\n", at);
    std::string_view name;
    std::string_view value;
    if (!parse_header_line(head.substr(at, end - at), name, value)) return Status::malformed;
    request_->headers.emplace_back(name, value);
  }
  return settle_framing();
}

bool RequestParser::parse_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || target.empty()) return false;
  // RFC 3986: everything else is percent-encoded.
  const bool printable = std::all_of(target.begin(), target.end(),
                                     [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!printable || version.size() != 8 || !version.starts_with("HTTP/1.")) return false;
  if (version[7] != '0' && version[7] != '1') return false;
  minor_ = static_cast<unsigned>(version[7] - '0');
  request_->method = method;
  const std::string_view path = origin_form(target);
  const std::size_t mark = path.find('?');
  request_->path = normalise_path(path.substr(0, mark));
  if (request_->path != path.substr(0, mark)) request_->raw_path = path.substr(0, mark);
  request_->query = mark == std::string_view::npos ? std::string_view{} : path.substr(mark + 1);
  return true;
}

// How long the body is, and what becomes of the connection.
Status RequestParser::settle_framing() {
  std::string_view length;
  std::string_view coding;
  unsigned lengths = 0;
  unsigned codings = 0;
  keep_alive_ = is_http_1_1();
  for (const auto& [name, value] : request_->headers) {
    if (equals_ignoring_case(name, "content-length")) {
      ++lengths;
      length = value;
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      ++codings;
      coding = value;
    } else if (equals_ignoring_case(name, "expect")) {
      expects_continue_ |= is_http_1_1() && equals_ignoring_case(value, "100-continue");
    } else if (equals_ignoring_case(name, "connection")) {
      bool are_tokens = true;
      for_each_element(value, [&](std::string_view one) { are_tokens &= is_token(one); });
      if (!are_tokens) return Status::malformed;
      if (!is_http_1_1() && has_element(value, "keep-alive")) keep_alive_ = true;
    }
  }
  for (const auto& [name, value] : request_->headers) {
    if (equals_ignoring_case(name, "connection") && has_element(value, "close")) {
      keep_alive_ = false;
    }
  }
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) return Status::malformed;
  if (codings > 0) {
    if (!is_http_1_1()) return Status::malformed;
    if (!equals_ignoring_case(coding, "chunked")) return Status::unknown_coding;
    state_ = State::chunk_size;
    return Status::more;
  }
  if (lengths > 0 && !parse_number(length, 10, kLongestDecimal, rest_)) return Status::malformed;
  if (rest_ > caps_.body) return Status::body_too_large;
  request_->body.reserve(std::min(rest_, kTrustedRoom));
  state_ = rest_ > 0 ? State::body : State::done;
  return Status::more;
}

void RequestParser::take_body(std::string_view bytes, std::size_t& used) {
  used = std::min(rest_, bytes.size());
  request_->body.append(bytes.substr(0, used));
  rest_ -= used;
}

// "1a;name=value": extensions are read over.
Status RequestParser::parse_chunk_size(std::string_view bytes, std::size_t& used) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos || end > caps_.header) {
    if (has_bare_line_feed(bytes, 0)) return Status::malformed;
    return bytes.size() > caps_.header ? Status::header_too_large : Status::more;
  }
  const std::string_view line = bytes.substr(0, end);
  const std::string_view digits = line.substr(0, line.find_first_of("; \t"));
  const bool sound = is_sound_extension(line.substr(digits.size()));
  const std::size_t next = line.find_first_not_of(" \t", digits.size());
  if (!sound || (next != std::string_view::npos && line[next] != ';') ||
      !parse_number(digits, 16, kLongestHexadecimal, rest_)) {
    return Status::malformed;
  }
  used = end + 2;
  if (rest_ > caps_.body - request_->body.size()) return Status::body_too_large;
  state_ = rest_ > 0 ? State::chunk : State::trailers;
  return Status::more;
}

// They speak for nobody: a proxy may pass them on unread.
Status RequestParser::parse_trailers(std::string_view bytes, std::size_t& used) {
  const std::string_view window = bytes.substr(0, caps_.header);
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = window.find("\r\n", at);
    if (end == std::string_view::npos) {
      if (has_bare_line_feed(window, at)) return Status::malformed;
      return bytes.size() > caps_.header ? Status::header_too_large : Status::more;
    }
    if (end == at) break;
    std::string_view name;
    std::string_view value;
    if (!parse_header_line(window.substr(at, end - at), name, value)) return Status::malformed;
    at = end + 2;
  }
  used = at + 2;
  state_ = State::done;
  return Status::more;
}

}  // namespace eventsd::server
