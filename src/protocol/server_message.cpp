#include "protocol/server_message.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cstring>

#include "protocol/byte_scan.hpp"
#include "protocol/client_message.hpp"
#include "protocol/json_scanner.hpp"

namespace eventsd::protocol {
namespace {

// What begins a data frame's suffix.
constexpr std::string_view kEventMember = R"(","event":)";

constexpr std::string_view kHexDigits = "0123456789abcdef";

// The letter of a control character's short escape, 0 when it has none.
constexpr char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

constexpr std::size_t escaped_size(char c) { return short_escape(c) != 0 ? 2 : 6; }

char* write_escaped(char* out, char c) {
  *out++ = '\\';
  if (const char letter = short_escape(c)) {
    *out++ = letter;
    return out;
  }
  std::memcpy(out, "u00", 3);
  out[3] = kHexDigits[static_cast<unsigned char>(c) >> 4];
  out[4] = kHexDigits[static_cast<unsigned char>(c) & 0xf];
  return out + 5;
}

// Size of `text` inside a string literal.
std::size_t literal_size(std::string_view text) {
  std::size_t size = text.size();
  const char* p = text.data();
  const char* const end = p + text.size();
  for (; static_cast<std::size_t>(end - p) >= kBlock; p += kBlock) {
    for (unsigned mask = special_mask(p); mask != 0; mask &= mask - 1) {
      size += escaped_size(p[std::countr_zero(mask)]) - 1;
    }
  }
  for (; p < end; ++p) {
    if (is_string_special(*p)) size += escaped_size(*p) - 1;
  }
  return size;
}

template <typename Text>
void append_literal(Text& out, std::string_view text) {
  // Measured first: a suffix is kept for as long as a subscriber has not read it, so it must not
  // carry the slack of a string that grew.
  const std::size_t size = literal_size(text);
  const std::size_t start = out.size();
  out.resize(start + size + 2);
  char* to = out.data() + start;
  *to++ = '"';
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const char* const special = find_string_special(p, end);
    const auto plain = static_cast<std::size_t>(special - p);
    if (plain > 0) std::memcpy(to, p, plain);
    to += plain;
    p = special;
    while (p < end && is_string_special(*p)) to = write_escaped(to, *p++);
  }
  *to++ = '"';
  assert(to == out.data() + out.size());
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// `"name":"text"` after `separator`.
void append_member(std::string& out, std::string_view separator_and_name, std::string_view text) {
  out += separator_and_name;
  append_json_string(out, text);
}

// Identifiers are the server's own, and nothing in them is escaped.
void append_successful(std::string& out, std::span<const Event> events) {
  out += R"("successful":[)";
  for (const Event& event : events) {
    out += &event == events.data() ? R"({"identifier":")" : R"(,{"identifier":")";
    out += event.id.text();
    out += R"(","index":)";
    append_number(out, event.index);
    out += '}';
  }
  out += ']';
}

void append_failed(std::string& out, const std::vector<FailedEvent>& events) {
  out += R"("failed":[)";
  for (const FailedEvent& event : events) {
    out += &event == events.data() ? "{" : ",{";
    if (!event.code.empty()) {
      append_member(out, R"("code":)", event.code);
      out += ',';
    }
    append_member(out, R"("identifier":)", event.identifier);
    out += R"(,"index":)";
    append_number(out, event.index);
    append_member(out, R"(,"message":)", event.message);
    out += '}';
  }
  out += ']';
}

// `"errors":[{"errorType":…,"message":…` without the closing brackets.
void append_error(std::string& out, std::string_view type, std::string_view message) {
  append_member(out, R"("errors":[{"errorType":)", type);
  if (!message.empty()) append_member(out, R"(,"message":)", message);
}

std::string success(std::string_view id, std::string_view rest) {
  std::string out;
  out.reserve(id.size() + rest.size() + 16);
  append_member(out, R"({"id":)", id);
  out += rest;
  return out;
}

}  // namespace

std::string connection_ack(std::chrono::milliseconds connection_timeout) {
  assert(connection_timeout.count() > 0);
  std::string out = R"({"type":"connection_ack","connectionTimeoutMs":)";
  append_number(out, static_cast<std::uint64_t>(connection_timeout.count()));
  out += '}';
  return out;
}

std::string connection_error(const Error& error) {
  const ErrorInfo& info = error_info(error.kind);
  std::string out = "{";
  append_error(out, info.type, error_text(error));
  out += R"(,"errorCode":)";
  append_number(out, static_cast<std::uint64_t>(info.http_status));
  out += R"(}],"type":"connection_error"})";
  return out;
}

std::string_view keep_alive() { return R"({"type":"ka"})"; }

std::string subscribe_success(std::string_view id, const std::optional<ReplayAnswer>& replay) {
  if (!replay) return success(id, R"(,"type":"subscribe_success"})");
  std::string out = success(id, R"(,"type":"subscribe_success","recovered":)");
  out += replay->recovered ? "true" : "false";
  append_member(out, R"(,"cursor":)", replay->cursor);
  out += '}';
  return out;
}

std::string unsubscribe_success(std::string_view id) {
  return success(id, R"(,"type":"unsubscribe_success"})");
}

void append_publish_success(std::string& out, std::string_view id,
                            std::span<const Event> successful,
                            const std::vector<FailedEvent>& failed) {
  assert(is_operation_id(id));  // nothing in it is escaped
  // Room is made once and the pieces are put side by side: appending them to a string one by one
  // takes three times as long, for every publish.
  constexpr std::size_t kEntry = 64 + EventId::kMaxSize;
  const std::size_t start = out.size();
  out.resize(start + id.size() + 64 + kEntry * successful.size());
  char* at = out.data() + start;
  const auto put = [&at](std::string_view piece) {
    std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  };
  put(R"({"id":")");
  put(id);
  put(R"(","type":"publish_success","successful":[)");
  for (const Event& event : successful) {
    put(&event == successful.data() ? R"({"identifier":")" : R"(,{"identifier":")");
    put(event.id);
    put(R"(","index":)");
    at = std::to_chars(at, at + 10, event.index).ptr;
    put("}");
  }
  put("],");
  out.resize(static_cast<std::size_t>(at - out.data()));
  append_failed(out, failed);
  out += '}';
}

std::string error_message(std::string_view type, std::string_view id, const Error& error) {
  std::string out;
  append_member(out, R"({"type":)", type);
  if (!id.empty()) append_member(out, R"(,"id":)", id);
  out += ',';
  append_error(out, error_type(error), error_text(error));
  out += "}]}";
  return out;
}

std::string publish_body(std::span<const Event> successful,
                         const std::vector<FailedEvent>& failed) {
  std::string out = "{";
  append_failed(out, failed);
  out += ',';
  append_successful(out, successful);
  out += '}';
  return out;
}

std::string http_error_body(const Error& error) {
  std::string out = "{";
  append_error(out, http_error_type(error), error_text(error));
  out += "}]}";
  return out;
}

PooledText data_suffix(std::string_view payload) {
  PooledText out(kEventMember);
  append_literal(out, payload);
  return out;
}

PooledText data_suffix_of_literal(std::string_view literal) {
  PooledText out;
  out.reserve(kEventMember.size() + literal.size() + 2);
  out += kEventMember;
  out += '"';
  out += literal;
  out += '"';
  return out;
}

std::string payload_of(const Event& event) {
  std::string_view literal = event.data_suffix;
  assert(literal.starts_with(kEventMember) && literal.ends_with('"'));
  literal.remove_prefix(kEventMember.size() + 1);
  literal.remove_suffix(1);
  JsonString string;
  string.raw = literal;
  string.decoded_size = event.payload_size;
  return decode_json_string(string);
}

void append_json_string(std::string& out, std::string_view text) { append_literal(out, text); }

}  // namespace eventsd::protocol
