#include "handler/context.hpp"

#include <algorithm>

#include "protocol/server_message.hpp"
#include "protocol/text.hpp"

namespace eventsd::handler {
namespace {

using protocol::append_json_string;

// Bytes of a header that are no UTF-8 are taken for Latin-1 (RFC 9110 §5.5).
void append_header_value(std::string& out, std::string_view value) {
  if (protocol::is_valid_utf8(value)) return append_json_string(out, value);
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  append_json_string(out, text);
}

// One string a name; an array where the name comes several times. Cookies are never shown.
void append_headers(std::string& out, const HeaderList& headers) {
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string& name = headers[i].first;
    const auto has_name = [&name](const auto& header) { return header.first == name; };
    const auto before = headers.begin() + static_cast<std::ptrdiff_t>(i);
    if (name == "cookie" || std::any_of(headers.begin(), before, has_name)) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(out, name);
    out += ':';
    const auto times = std::count_if(before, headers.end(), has_name);
    if (times == 1) {
      append_header_value(out, headers[i].second);
      continue;
    }
    char separator = '[';
    std::for_each(before, headers.end(), [&](const auto& header) {
      if (header.first != name) return;
      out += separator;
      separator = ',';
      append_header_value(out, header.second);
    });
    out += ']';
  }
  out += '}';
}

void append_request(std::string& out, const HandlerRequest& request) {
  out += R"("request":{"headers":)";
  append_headers(out, request.headers);
  out += R"(,"domainName":)";
  if (request.domain_name.empty()) {
    out += "null";
  } else {
    append_json_string(out, request.domain_name);
  }
  out += '}';
}

void append_info(std::string& out, const HandlerRequest& request) {
  out += R"("info":{"channel":{"path":)";
  append_json_string(out, request.channel);
  out += R"(,"segments":[)";
  std::string_view rest = request.channel;
  bool first = true;
  while (rest.starts_with('/')) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (!first) out += ',';
    first = false;
    append_json_string(out, segment);
    rest.remove_prefix(segment.size());
  }
  out += R"(]},"channelNamespace":{"name":)";
  append_json_string(out, request.namespace_name);
  out += R"(},"operation":")";
  out += request.operation == Operation::publish ? "PUBLISH" : "SUBSCRIBE";
  out += R"("})";
}

void append_events(std::string& out, const std::vector<HandlerEvent>& events) {
  out += '[';
  for (const HandlerEvent& event : events) {
    if (out.back() != '[') out += ',';
    out += R"({"id":)";
    append_json_string(out, event.id);
    out += R"(,"payload":)";
    out += event.payload;
    out += '}';
  }
  out += ']';
}

std::size_t bytes_of(const HandlerRequest& request) {
  std::size_t bytes = 1024;
  for (const auto& [name, value] : request.headers) bytes += name.size() + value.size() + 8;
  for (const HandlerEvent& event : request.events) bytes += event.payload.size() + 64;
  return bytes;
}

// All but stash, result and error; the closing brace is missing.
std::string begin_code_context(const HandlerRequest& request) {
  std::string out;
  out.reserve(bytes_of(request));
  out += '{';
  if (request.identity.document) {
    out += R"("identity":)";
    out += *request.identity.document;
    out += ',';
  }
  append_info(out, request);
  out += ',';
  append_request(out, request);
  if (request.operation == Operation::publish) {
    out += R"(,"events":)";
    append_events(out, request.events);
  }
  out += R"(,"channel":)";
  append_json_string(out, request.channel);
  out += R"(,"env":{},"prev":null,"outErrors":[])";
  return out;
}

}  // namespace

std::string code_context(const HandlerRequest& request) {
  return begin_code_context(request) + R"(,"stash":{},"result":null,"error":null})";
}

std::string code_context(const HandlerRequest& request, const ResponseContext& response) {
  std::string out = begin_code_context(request);
  out += R"(,"stash":)";
  out += response.stash.empty() ? "{}" : response.stash;
  out += R"(,"result":)";
  // Of an error it is null, but for a cancelled transaction of DynamoDB.
  out += response.result.empty() ? "null" : response.result;
  if (!response.error_type.empty()) {
    out += R"(,"error":{"message":)";
    append_json_string(out, response.error_message);
    out += R"(,"type":)";
    append_json_string(out, response.error_type);
    out += '}';
  }
  out += '}';
  return out;
}

std::string direct_event(const HandlerRequest& request) {
  std::string out;
  out.reserve(bytes_of(request));
  out += R"({"identity":)";
  out += request.identity.document ? *request.identity.document : "null";
  out += R"(,"result":null,)";
  append_request(out, request);
  out += ',';
  append_info(out, request);
  out += R"(,"error":null,"prev":null,"stash":{},"outErrors":[],"events":)";
  if (request.operation == Operation::publish) {
    append_events(out, request.events);
  } else {
    out += "null";
  }
  out += '}';
  return out;
}

}  // namespace eventsd::handler
