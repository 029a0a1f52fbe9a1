// The texts of data sources and tables.
#include <algorithm>

#include "config/grammar.hpp"

namespace eventsd::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string check_source_name(std::string& text) {
  const bool good =
      !text.empty() && text.size() <= 512 && !is_digit(text.front()) &&
      std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '_'; });
  return good ? "" : "1 to 512 letters, digits and '_', with no digit first";
}

std::string check_optional_source_name(std::string& text) {
  return text.empty() ? "" : check_source_name(text);
}

std::string check_endpoint(std::string& text) {
  if (std::string expected = check_url(text); !expected.empty()) return expected;
  return text.find_first_of("?#") == std::string::npos ? "" : "an address without a query";
}

std::string check_service_name(std::string& text) {
  const bool good = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
  });
  return good ? "" : "a service's name such as events or execute-api";
}

std::string check_table_name(std::string& text) {
  const bool good = text.size() >= 3 && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
                      return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
                    });
  return good ? "" : "3 to 255 letters, digits, '_', '-' and '.'";
}

std::string check_table_key(std::string& text) {
  const std::size_t colon = text.rfind(':');
  const bool good = colon != std::string::npos && colon >= 1 && colon <= 255 &&
                    text.size() == colon + 2 &&
                    std::string_view("SNB").find(text.back()) != std::string_view::npos;
  return good ? "" : "an attribute and its type S, N or B, such as \"channel:S\"";
}

std::string check_optional_table_key(std::string& text) {
  return text.empty() ? "" : check_table_key(text);
}

std::string check_optional_listen_address(std::string& text) {
  return text.empty() ? "" : check_listen_address(text);
}

std::string check_optional_url(std::string& text) { return text.empty() ? "" : check_url(text); }

std::string check_bus_address(std::string& text) {
  constexpr std::string_view webhook = "webhook+";
  std::string url = text.starts_with(webhook) ? text.substr(webhook.size()) : text;
  return check_url(url).empty() ? "" : "an http or https URL, or webhook+ and one";
}

std::string_view lambda_function_name(std::string_view arn_or_name) {
  constexpr std::string_view marker = ":function:";
  const std::size_t at = arn_or_name.find(marker);
  if (at == std::string_view::npos) return arn_or_name;
  arn_or_name.remove_prefix(at + marker.size());
  return arn_or_name.substr(0, arn_or_name.find(':'));
}

}  // namespace eventsd::config
