#include "config/overlay.hpp"

#include <algorithm>

#include "config/options.hpp"

namespace eventsd::config {
namespace {

constexpr std::string_view kPrefix = "EVENTSD_";

Value make_scalar(std::string text, const SourcePlace& place) {
  Value value;
  value.type = Value::Type::scalar;
  value.text = std::move(text);
  value.place = place;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Value make_list(std::string_view text, const SourcePlace& place) {
  Value list;
  list.type = Value::Type::list;
  list.place = place;
  while (!trimmed(text).empty()) {
    const std::size_t comma = text.find(',');
    list.items.push_back(make_scalar(std::string(trimmed(text.substr(0, comma))), place));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return list;
}

Value make_value(const Option& option, const std::string& text, const SourcePlace& place) {
  return is_list_of_values(option.kind) ? make_list(text, place) : make_scalar(text, place);
}

// The value at the path, made when absent. Null where the file has something else than a section
// on the way: the reader will report that.
Value* find_or_make(Value& root, std::string_view path, const SourcePlace& place) {
  Value* at = &root;
  while (true) {
    if (at->type == Value::Type::null) at->type = Value::Type::map;
    if (at->type != Value::Type::map) return nullptr;
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    Entry* entry = find_entry(*at, key);
    if (entry == nullptr) {
      Value made;
      made.place = place;
      at->entries.push_back({key, place, std::move(made)});
      entry = &at->entries.back();
    }
    at = &entry->value;
    if (dot == std::string_view::npos) return at;
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

void overlay_environment(Value& root, const Environment& environment) {
  for (const Option& option : options()) {
    if (!has_environment_name(option)) continue;
    const std::string name = environment_name(option.path);
    const auto found = environment.find(name);
    if (found == environment.end()) continue;
    const SourcePlace place{"environment:" + name, 0, 0};
    if (Value* value = find_or_make(root, option.path, place)) {
      *value = make_value(option, found->second, place);
    }
  }
}

void overlay_flags(Value& root, const Flags& flags, std::vector<Fault>& faults) {
  for (const auto& [path, text] : flags) {
    const SourcePlace place{flag_name(path), 0, 0};
    const Option* option = find_option(path);
    if (option == nullptr || !has_environment_name(*option)) {
      faults.push_back({place, "not an option"});
      continue;
    }
    Value* value = find_or_make(root, path, place);
    if (value == nullptr) continue;
    Value given = make_value(*option, text, place);
    const bool repeated = value->type == Value::Type::list && value->place.file == place.file;
    if (repeated && given.type == Value::Type::list) {
      for (Value& item : given.items) value->items.push_back(std::move(item));
    } else {
      *value = std::move(given);
    }
  }
}

std::vector<std::string> unknown_variables(const Environment& environment,
                                           const std::set<std::string>& used) {
  // Without the prefix, which would hide differences. URL and API_KEY are the client verbs'.
  std::vector<std::string> known = {"CONFIG", "URL", "API_KEY"};
  for (const Option& option : options()) {
    if (!has_environment_name(option)) continue;
    known.push_back(environment_name(option.path).substr(kPrefix.size()));
  }
  std::vector<std::string> warnings;
  for (const auto& [name, text] : environment) {
    if (!name.starts_with(kPrefix) || used.contains(name)) continue;
    const std::string own = name.substr(kPrefix.size());
    if (std::find(known.begin(), known.end(), own) != known.end()) continue;
    std::string message = "no option has this name; it is ignored";
    if (const auto near = nearest_name(own, known)) {
      message += " (did you mean " + std::string(kPrefix) + *near + "?)";
    }
    warnings.push_back(format_fault({{"environment:" + name, 0, 0}, message}));
  }
  return warnings;
}

}  // namespace eventsd::config
