#include "config/read_value.hpp"

#include <algorithm>

#include "config/values.hpp"

namespace eventsd::config {
namespace {

// The enumerators of a choice, in the order of Option::choices.
constexpr LogFormat kLogFormats[] = {LogFormat::automatic, LogFormat::text, LogFormat::json};
constexpr HistoryRead kHistoryReads[] = {HistoryRead::subscribe, HistoryRead::none};

constexpr HandlerBehavior kBehaviors[] = {HandlerBehavior::code, HandlerBehavior::direct};
constexpr InvokeType kInvokeTypes[] = {InvokeType::request_response, InvokeType::event};
constexpr HttpAuthorization kHttpAuthorizations[] = {HttpAuthorization::aws_iam};
constexpr DataSourceType kDataSourceTypes[] = {
    DataSourceType::none,           DataSourceType::dynamodb,
    DataSourceType::lambda,         DataSourceType::http,
    DataSourceType::event_bridge,   DataSourceType::open_search,
    DataSourceType::elasticsearch,  DataSourceType::relational_database,
    DataSourceType::bedrock_runtime};

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> out;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    out.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return out;
}

std::uint64_t most_of(const Option& option, const Field& field) {
  const bool narrow = std::holds_alternative<std::uint32_t*>(field);
  return std::min<std::uint64_t>(option.most, narrow ? 0xffff'ffff : option.most);
}

// A number in the unit of its kind; durations in milliseconds.
std::optional<std::uint64_t> parse_number(Kind kind, std::string_view text) {
  if (kind == Kind::count) return parse_count(text);
  if (kind == Kind::size) return parse_size(text);
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return static_cast<std::uint64_t>(duration->count());
}

std::string format_number(Kind kind, std::uint64_t number) {
  if (kind == Kind::count) return std::to_string(number);
  if (kind == Kind::size) return format_size(number);
  return format_duration(std::chrono::milliseconds(number));
}

std::string complain(const Option& option, const std::string& expected, std::string_view text) {
  if (option.secret) return "expected " + expected;  // never the value
  return "expected " + expected + ", not \"" + shorten(without_credentials(text)) + "\"";
}

bool store_number(const Field& field, std::uint64_t number) {
  if (const auto* small = std::get_if<std::uint32_t*>(&field)) {
    **small = static_cast<std::uint32_t>(number);
  } else if (const auto* large = std::get_if<std::uint64_t*>(&field)) {
    **large = number;
  } else if (const auto* duration = std::get_if<std::chrono::milliseconds*>(&field)) {
    **duration = std::chrono::milliseconds(number);
  }
  return true;
}

bool store_choice(const Field& field, std::size_t index, std::string_view name) {
  if (const auto* text = std::get_if<std::string*>(&field)) **text = std::string(name);
  if (const auto* format = std::get_if<LogFormat*>(&field)) **format = kLogFormats[index];
  if (const auto* read = std::get_if<HistoryRead*>(&field)) **read = kHistoryReads[index];
  if (const auto* one = std::get_if<HandlerBehavior*>(&field)) **one = kBehaviors[index];
  if (const auto* type = std::get_if<InvokeType*>(&field)) **type = kInvokeTypes[index];
  if (const auto* type = std::get_if<DataSourceType*>(&field)) **type = kDataSourceTypes[index];
  if (const auto* one = std::get_if<HttpAuthorization*>(&field)) **one = kHttpAuthorizations[index];
  return true;
}

std::optional<std::string> read_mode(const std::string& text, const Field& field) {
  const auto mode = parse_auth_mode(text);
  if (!mode) {
    return "expected " + expectation(Option{.kind = Kind::mode}) + ", not \"" + shorten(text) +
           "\"";
  }
  if (const auto* one = std::get_if<AuthMode*>(&field)) **one = *mode;
  if (const auto* set = std::get_if<AuthModes*>(&field)) (*set)->add(*mode);
  return std::nullopt;
}

// True when the text was good and has been stored.
bool store_text(const Option& option, const std::string& text, const Field& field) {
  switch (option.kind) {
    case Kind::boolean: {
      const auto value = parse_boolean(text);
      if (value) *std::get<bool*>(field) = *value;
      return value.has_value();
    }
    case Kind::count:
    case Kind::size:
    case Kind::duration: {
      const auto number = parse_number(option.kind, text);
      return number && *number >= option.least && *number <= most_of(option, field) &&
             store_number(field, *number);
    }
    case Kind::choice: {
      const auto choices = split_choices(option.choices);
      const auto found = std::find(choices.begin(), choices.end(), text);
      return found != choices.end() &&
             store_choice(field, static_cast<std::size_t>(found - choices.begin()), text);
    }
    case Kind::timestamp: {
      const auto time = parse_timestamp(text);
      using Time = std::optional<std::chrono::system_clock::time_point>;
      if (time) *std::get<Time*>(field) = *time;
      return time.has_value();
    }
    case Kind::text_list:
      std::get<std::vector<std::string>*>(field)->push_back(text);
      return true;
    default:
      *std::get<std::string*>(field) = text;
      return true;
  }
}

}  // namespace

std::optional<std::string> read_value(const Option& option, std::string text, const Field& field) {
  if (option.kind == Kind::mode || option.kind == Kind::mode_list) return read_mode(text, field);
  const bool is_masked = option.secret ? text == kMaskedSecret
                                       : text.find("://") != std::string::npos &&
                                             text.find(kMaskedSecret) != std::string::npos;
  if (is_masked) {
    return "this is the mask of print-config, not a value; give the real one";
  }
  if (option.check != nullptr) {
    const std::string given = text;
    if (const std::string expected = option.check(text); !expected.empty()) {
      return complain(option, expected, given);
    }
  }
  if (store_text(option, text, field)) return std::nullopt;
  return complain(option, expectation(option), text);
}

void clear_list(const Field& field) {
  if (const auto* list = std::get_if<std::vector<std::string>*>(&field)) (*list)->clear();
  if (const auto* modes = std::get_if<AuthModes*>(&field)) **modes = AuthModes{};
}

std::string expectation(const Option& option) {
  switch (option.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::count:
    case Kind::size:
    case Kind::duration: {
      std::string out = option.kind == Kind::count  ? "a whole number"
                        : option.kind == Kind::size ? "a size such as 240KiB, 10MB or 1200000"
                                                    : "a duration such as 500ms, 25s, 10m or 7d";
      const bool bounded = option.most < std::numeric_limits<std::int64_t>::max();
      if (option.least > 0 || bounded) {
        out += ", from " + format_number(option.kind, option.least);
      }
      if (bounded) out += " to " + format_number(option.kind, option.most);
      return out;
    }
    case Kind::choice: {
      std::string out = "one of ";
      for (std::string_view choice : split_choices(option.choices)) {
        out += std::string(choice) + ", ";
      }
      return out.substr(0, out.size() - 2);
    }
    case Kind::timestamp:
      return "a time such as 2027-12-31T00:00:00Z";
    case Kind::mode:
      return "API_KEY, AWS_IAM, AMAZON_COGNITO_USER_POOLS, OPENID_CONNECT or AWS_LAMBDA";
    default:
      return "text";
  }
}

std::string format_value(const Option& option, const Field& field) {
  const auto format_list = [](const auto& items, auto format) {
    std::string out = "[";
    for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + format(item);
    return out + "]";
  };
  if (const auto* text = std::get_if<std::string*>(&field)) {
    return option.secret && !(*text)->empty() ? quote(kMaskedSecret)
                                              : quote(without_credentials(**text));
  }
  if (const auto* flag = std::get_if<bool*>(&field)) return **flag ? "true" : "false";
  if (const auto* small = std::get_if<std::uint32_t*>(&field)) {
    return format_number(option.kind, **small);
  }
  if (const auto* large = std::get_if<std::uint64_t*>(&field)) {
    return format_number(option.kind, **large);
  }
  if (const auto* duration = std::get_if<std::chrono::milliseconds*>(&field)) {
    return format_duration(**duration);
  }
  if (const auto* list = std::get_if<std::vector<std::string>*>(&field)) {
    return format_list(**list,
                       [](const std::string& item) { return quote(without_credentials(item)); });
  }
  const auto choice = [&](const auto& all, auto value) {
    const auto index = std::find(std::begin(all), std::end(all), value) - std::begin(all);
    const auto choices = split_choices(option.choices);
    return std::string(choices[static_cast<std::size_t>(index)]);
  };
  if (const auto* format = std::get_if<LogFormat*>(&field)) return choice(kLogFormats, **format);
  if (const auto* read = std::get_if<HistoryRead*>(&field)) return choice(kHistoryReads, **read);
  if (const auto* one = std::get_if<HandlerBehavior*>(&field)) return choice(kBehaviors, **one);
  if (const auto* type = std::get_if<InvokeType*>(&field)) return choice(kInvokeTypes, **type);
  if (const auto* type = std::get_if<DataSourceType*>(&field)) {
    return choice(kDataSourceTypes, **type);
  }
  if (const auto* one = std::get_if<HttpAuthorization*>(&field)) {
    return choice(kHttpAuthorizations, **one);
  }
  if (const auto* mode = std::get_if<AuthMode*>(&field)) return std::string(to_string(**mode));
  if (const auto* modes = std::get_if<AuthModes*>(&field)) {
    std::vector<std::string_view> names;
    for (std::string_view name : kAuthModeNames) {
      if ((*modes)->contains(*parse_auth_mode(name))) names.push_back(name);
    }
    return format_list(names, [](std::string_view name) { return std::string(name); });
  }
  using Time = std::optional<std::chrono::system_clock::time_point>;
  if (const auto* time = std::get_if<Time*>(&field)) {
    return **time ? format_timestamp(***time) : "";
  }
  return {};
}

}  // namespace eventsd::config
