#include "data/rds/statement.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "data/rds/sql_parameters.hpp"
#include "data/request_members.hpp"

namespace eventsd::data::rds {
namespace {

constexpr std::size_t kMaxStatements = 2;       // of AppSync
constexpr std::size_t kMaxParameters = 65'535;  // of the protocol

struct Hint {
  std::string_view name;
  std::uint32_t type;
  std::uint32_t declared;
};
constexpr std::array<Hint, 7> kHints = {{{"DECIMAL", kNumeric, kNumeric},
                                         {"JSON", kJsonb, kJsonb},
                                         {"TIMESTAMP", kInferred, kTimestamp},
                                         {"DATETIME", kInferred, kTimestamp},
                                         {"TIME", kTime, kTime},
                                         {"UUID", kUuid, kUuid},
                                         {"DATE", kDate, kDate}}};

using Parameters = std::map<std::string, Parameter, std::less<>>;

Error fault(std::string_view name, std::string_view reason) {
  return fail(ErrorKind::bad_request,
              "variable \":" + std::string(name) + "\" " + std::string(reason));
}

std::string_view without_colon(std::string_view name) {
  return name.starts_with(':') ? name.substr(1) : name;
}

bool is_int8(std::string_view number) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  return error == std::errc{} && end == number.data() + number.size();
}

Result<Parameter> parse_value(std::string_view name, std::string_view json, const Hint* hint) {
  Parameter made;
  if (json.empty()) {  // null
  } else if (json.front() == '"') {
    auto text = parse_text(json, "variable \":" + std::string(name) + "\"");
    if (!text) return text.error();
    if (text->find('\0') != std::string::npos) {
      return fault(name, "must not hold a NUL character");
    }
    made.text = std::move(*text);
  } else if (json == "true" || json == "false") {
    made = {std::string(json), kBool, kBool};
  } else if (json.front() == '{' || json.front() == '[') {
    if (json.front() == '[' && !hint) {
      return fault(name, "is an array: pass its members singly, or as JSON with typeHint.JSON");
    }
    made = {std::string(json), kJsonb, kJsonb};
  } else {
    const std::uint32_t type = is_int8(json) ? kInt8 : kFloat8;
    made = {std::string(json), type, type};
  }
  if (hint) {
    made.type = hint->type;
    made.declared = hint->declared;
  }
  return made;
}

Result<const Hint*> find_hint(const RequestMembers& hints, std::string_view name) {
  auto text = hints.text(":" + std::string(name));
  if (text && !*text) text = hints.text(name);
  if (!text) return text.error();
  if (!*text) return static_cast<const Hint*>(nullptr);
  const auto place =
      std::find_if(kHints.begin(), kHints.end(), [&](const Hint& h) { return h.name == **text; });
  if (place == kHints.end()) {
    return fault(name, "has the type hint \"" + **text +
                           "\", which is none of DECIMAL, JSON, TIMESTAMP, TIME, UUID, DATE");
  }
  return &*place;
}

Result<Parameters> parse_variables(const RequestMembers& members, std::string_view all) {
  const auto hints = members.object("variableTypeHintMap");
  if (!hints) return hints.error();
  const auto variables = members.object("variableMap");
  if (!variables) return variables.error();
  Parameters made;
  // A member that is null has no text; its name is needed all the same.
  const auto names = member_names(all.empty() ? "{}" : all, "variableMap");
  if (!names) return names.error();
  for (const std::string& member : *names) {
    const std::string_view name = without_colon(member);
    const auto hint = find_hint(*hints, name);
    if (!hint) return hint.error();
    auto value = parse_value(name, variables->raw(member), *hint);
    if (!value) return value.error();
    made.insert_or_assign(std::string(name), std::move(*value));
  }
  return made;
}

}  // namespace

Result<std::vector<Statement>> parse_statements(std::string_view request) {
  const auto members = RequestMembers::parse(request);
  if (!members) return members.error();
  const auto elements = parse_elements(members->raw("statements"), "statements");
  if (!elements) return elements.error();
  if (elements->empty() || elements->size() > kMaxStatements) {
    return fail(ErrorKind::bad_request, "statements must hold one or two statements, not " +
                                            std::to_string(elements->size()));
  }
  const auto variables = parse_variables(*members, members->raw("variableMap"));
  if (!variables) return variables.error();
  std::vector<Statement> statements;
  for (const std::string_view element : *elements) {
    const auto text = parse_text(element, "a statement");
    if (!text) return text.error();
    auto numbered =
        number_parameters(*text, [&](std::string_view name) { return variables->contains(name); });
    if (!numbered) return numbered.error();
    if (numbered->names.size() > kMaxParameters) {
      return fail(ErrorKind::bad_request, "a statement has more than 65535 variables");
    }
    Statement made{std::move(numbered->text), {}};
    for (const std::string& name : numbered->names) {
      made.parameters.push_back(variables->find(name)->second);
    }
    statements.push_back(std::move(made));
  }
  return statements;
}

}  // namespace eventsd::data::rds
