#include "auth/lambda_answer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace eventsd::auth {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxErrorText = 200;

Error refuse(std::string reason) {
  return deny(ErrorKind::unauthorized,
              "the function's answer cannot be used: " + std::move(reason));
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c >= 0x7f; }, '?');
  return text;
}

// A flat map of strings, as JSON text.
Result<std::string> read_context(const json& context) {
  if (!context.is_object()) return refuse("handlerContext is not an object");
  json flat = json::object();
  for (const auto& [name, value] : context.items()) {
    if (value.is_string()) {
      flat[name] = value;
    } else if (value.is_number() || value.is_boolean()) {
      flat[name] = dump(value);
    } else {
      return refuse("handlerContext." + printable(name.substr(0, 50)) + " is not a string");
    }
  }
  std::string text = dump(flat);
  if (text.size() > kMaxHandlerContext) return refuse("handlerContext is larger than 5 MB");
  return text;
}

// A value that makes no sense is taken as the most careful one: nothing is kept.
std::optional<std::chrono::seconds> read_ttl(const json& answer) {
  const auto found = answer.find("ttlOverride");
  if (found == answer.end() || found->is_null()) return std::nullopt;
  if (!found->is_number() || found->get<double>() < 0) return std::chrono::seconds(0);
  const double seconds = std::min(found->get<double>(), static_cast<double>(kMaxResultTtl.count()));
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

}  // namespace

Result<LambdaVerdict> parse_lambda_answer(std::string_view payload) {
  const json answer = json::parse(payload, nullptr, false);
  if (!answer.is_object()) return refuse("it is not a JSON object");
  const auto authorized = answer.find("isAuthorized");
  if (authorized == answer.end()) return refuse("isAuthorized is missing");
  if (!authorized->is_boolean()) return refuse("isAuthorized is not a boolean");
  LambdaVerdict verdict;
  verdict.authorized = *authorized;
  verdict.ttl = read_ttl(answer);
  if (!verdict.authorized) return verdict;
  std::string context = "{}";
  const auto given = answer.find("handlerContext");
  if (given != answer.end() && !given->is_null()) {
    auto flat = read_context(*given);
    if (!flat) return flat.error();
    context = std::move(*flat);
  }
  verdict.document = std::make_shared<const std::string>(R"({"handlerContext":)" + context + "}");
  return verdict;
}

std::string describe_function_error(std::string_view payload, std::string_view token) {
  const json error = json::parse(payload, nullptr, false);
  std::string text;
  if (error.is_object()) {
    for (const char* member : {"errorType", "errorMessage"}) {
      const auto found = error.find(member);
      if (found == error.end() || !found->is_string()) continue;
      text += (text.empty() ? "" : ": ") + found->get<std::string>();
    }
  }
  if (text.empty()) return "no error message";
  text.resize(std::min(text.size(), 2 * kMaxErrorText));
  // A function that reports its token reports it to the operator's log too. A part of it that is
  // long enough to be of use must not get there either.
  constexpr std::size_t kPart = 8;
  for (std::size_t at = 0; at + kPart <= token.size();) {
    const std::size_t found = text.find(token.substr(at, kPart));
    if (found == std::string::npos) {
      ++at;
      continue;
    }
    std::size_t length = kPart;
    while (at + length < token.size() && found + length < text.size() &&
           text[found + length] == token[at + length]) {
      ++length;
    }
    text.replace(found, length, "***");
  }
  if (!token.empty() && token.size() < kPart) {
    for (std::size_t at = 0; (at = text.find(token, at)) != std::string::npos; at += 3) {
      text.replace(at, token.size(), "***");
    }
  }
  text.resize(std::min(text.size(), kMaxErrorText));
  return printable(std::move(text));
}

}  // namespace eventsd::auth
