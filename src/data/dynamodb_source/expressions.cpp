#include "data/dynamodb_source/expressions.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/dynamodb/value_json.hpp"

namespace eventsd::data::dynamodb_source {
namespace {

using Json = nlohmann::json;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// The end of the placeholder that begins at `at`.
std::size_t placeholder_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && is_word(text[end])) ++end;
  return end;
}

// The text with other placeholders. Expressions have no string literals, so # and : begin nothing
// else.
std::string rename(std::string_view text,
                   const std::map<std::string, std::string, std::less<>>& renamed) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '#' && text[at] != ':') {
      out += text[at++];
      continue;
    }
    const std::size_t end = placeholder_end(text, at);
    const auto found = renamed.find(text.substr(at, end - at));
    out += found == renamed.end() ? text.substr(at, end - at) : std::string_view(found->second);
    at = end;
  }
  return out;
}

// The first part of each path of a projection, names resolved.
std::vector<std::string> top_attributes(
    std::string_view projection, const std::map<std::string, std::string, std::less<>>& names) {
  std::vector<std::string> tops;
  while (!projection.empty()) {
    const std::size_t comma = projection.find(',');
    std::string_view path = projection.substr(0, comma);
    projection =
        comma == std::string_view::npos ? std::string_view() : projection.substr(comma + 1);
    const std::size_t first = path.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) continue;
    path = path.substr(first);
    path = path.substr(0, path.find_first_of(".[ \t\r\n"));
    const auto named = names.find(path);
    tops.emplace_back(named == names.end() ? path : std::string_view(named->second));
  }
  return tops;
}

}  // namespace

const Json* expression_object(Members& members, std::string_view name, Json& storage) {
  const Json* given = members.find(name);
  if (!given || given->is_object()) return given;
  if (given->is_string()) {
    storage = Json::parse(given->get_ref<const std::string&>(), nullptr, false);
    if (storage.is_object()) return &storage;
    if (storage.is_null()) return nullptr;
  }
  members.fail_shape(name, "must be an object with an expression, or its JSON text");
  return nullptr;
}

std::string Expressions::free_name(const std::string& wanted) const {
  for (int n = 2;; ++n) {
    std::string name = wanted + "_" + std::to_string(n);
    if (!names_.contains(name) && !values_.contains(name)) return name;
  }
}

void Expressions::add_names(const Json& object, const std::string& where, Renamed& renamed,
                            std::optional<Refusal>& fault) {
  Members members(object, where, fault);
  const Json* names = members.object("expressionNames", Members::Need::optional);
  if (!names) return;
  for (const auto& [placeholder, attribute] : names->items()) {
    if (!attribute.is_string()) {
      members.fail_shape("expressionNames." + placeholder, "must be a string");
      return;
    }
    const auto [known, added] = names_.emplace(placeholder, attribute.get<std::string>());
    if (added || known->second == attribute.get_ref<const std::string&>()) continue;
    const std::string other = free_name(placeholder);
    names_.emplace(other, attribute.get<std::string>());
    renamed.emplace(placeholder, other);
  }
}

void Expressions::add_values(const Json& object, const std::string& where, Renamed& renamed,
                             std::optional<Refusal>& fault) {
  Members members(object, where, fault);
  for (auto& [placeholder, value] : members.item("expressionValues", Members::Need::optional)) {
    const auto known = values_.find(placeholder);
    if (known == values_.end()) {
      values_.emplace(placeholder, value);
    } else if (!(known->second == value)) {
      const std::string other = free_name(placeholder);
      values_.emplace(other, value);
      renamed.emplace(placeholder, other);
    }
  }
}

void Expressions::add(Members& members, std::string_view name, Members::Need need,
                      std::string_view parameter, std::optional<Refusal>& fault) {
  Json storage;
  const Json* object = expression_object(members, name, storage);
  if (!object) {
    if (need == Members::Need::required) members.fail_shape(name, "is missing");
    return;
  }
  const std::string where = members.place(name);
  const std::string text = Members(*object, where, fault).text("expression", need);
  if (text.empty() && need == Members::Need::optional) return;
  Renamed renamed;
  add_names(*object, where, renamed, fault);
  add_values(*object, where, renamed, fault);
  texts_.emplace(parameter, renamed.empty() ? text : rename(text, renamed));
}

std::vector<std::string> Expressions::project_also(const std::vector<std::string>& attributes) {
  const auto projection = texts_.find("ProjectionExpression");
  if (projection == texts_.end()) return {};
  const std::vector<std::string> tops = top_attributes(projection->second, names_);
  std::vector<std::string> added;
  for (const std::string& attribute : attributes) {
    if (std::find(tops.begin(), tops.end(), attribute) != tops.end()) continue;
    const std::string name = free_name("#key");
    names_.emplace(name, attribute);
    projection->second += ", " + name;
    added.push_back(attribute);
  }
  return added;
}

void Expressions::append_to(dynamodb::Answer& request) const {
  for (const auto& [parameter, text] : texts_) request.text(parameter, text);
  if (!names_.empty()) {
    dynamodb::Answer names;
    for (const auto& [placeholder, attribute] : names_) names.text(placeholder, attribute);
    request.raw("ExpressionAttributeNames", std::move(names).finish());
  }
  if (!values_.empty()) request.item("ExpressionAttributeValues", values_);
}

}  // namespace eventsd::data::dynamodb_source
