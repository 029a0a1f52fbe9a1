#include "config/bind.hpp"

#include <filesystem>
#include <utility>

#include "config/expand.hpp"
#include "config/options.hpp"
#include "config/read_value.hpp"

namespace eventsd::config {
namespace {

class Binder {
 public:
  Binder(const Environment& environment, const std::string& folder)
      : environment_(environment), folder_(folder) {}

  Bound bind(const Value& root) {
    Scope scope;
    scope.config = &bound_.config;
    read_section(root, "", "", scope);
    return std::move(bound_);
  }

 private:
  // `section` is the table's path, `shown` the one with list indexes.
  void read_section(const Value& map, const std::string& section, const std::string& shown,
                    const Scope& scope) {
    std::map<std::string_view, const Entry*> seen;
    for (const Entry& entry : map.entries) {
      const auto [first, is_new] = seen.emplace(entry.key, &entry);
      if (!is_new) {
        const SourcePlace& there = first->second->place;
        fault(entry.place, joined(shown, shorten(entry.key)) + ": already set in line " +
                               std::to_string(there.line) + "; remove one");
        continue;
      }
      const Option* option = find_option(joined(section, entry.key));
      if (option == nullptr) {
        fault(entry.place, unknown_key(entry.key, section));
        continue;
      }
      read_option(*option, entry, joined(shown, entry.key), scope);
    }
  }

  void read_option(const Option& option, const Entry& entry, const std::string& shown,
                   const Scope& scope) {
    const Value& value = entry.value;
    if (value.type == Value::Type::null) {
      // An empty section is one whose options are all commented out; where a section alone has a
      // meaning, guessing it would be wrong either way.
      if (option.enter == nullptr || is_top_level(option)) return;
      if (option.kind == Kind::section) {
        fault(entry.place, shown + ": empty; write {} for the defaults, or remove it");
      }
      return;
    }
    const bool use_key = is_section(option.kind) && entry.place.line != 0;
    bound_.places[shown] = use_key ? entry.place : value.place;
    const std::string children(option.children_of.empty() ? option.path : option.children_of);
    if (option.kind == Kind::section) {
      if (value.type != Value::Type::map) {
        fault(value.place, shown + ": expected a section of options");
      } else {
        enter(option, value, children, shown, scope);
      }
    } else if (option.kind == Kind::section_list) {
      read_section_list(option, value, children, shown, scope);
    } else if (option.kind == Kind::section_map) {
      read_section_map(option, value, children, shown, scope);
    } else if (option.kind == Kind::text_map) {
      read_text_map(option, value, shown, scope);
    } else if (is_list_of_values(option.kind)) {
      read_list(option, value, shown, scope);
    } else {
      read_scalar(option, value, shown, scope);
    }
  }

  void enter(const Option& option, const Value& value, const std::string& children,
             const std::string& shown, const Scope& scope) {
    Scope inner = scope;
    inner.place = nullptr;
    if (option.enter != nullptr) inner = option.enter(inner);
    if (inner.place != nullptr) *inner.place = bound_.places[shown];
    read_section(value, children, shown, inner);
  }

  void read_section_list(const Option& option, const Value& value, const std::string& children,
                         const std::string& shown, const Scope& scope) {
    if (value.type != Value::Type::list) {
      return fault(value.place, shown + ": expected a list (\"- …\")");
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Value& item = value.items[i];
      const std::string name = indexed(shown, i);
      bound_.places[name] = item.place;
      if (item.type == Value::Type::map) {
        enter(option, item, children, name, scope);
      } else if (item.type == Value::Type::scalar && option.path == "api.authProviders") {
        // The mode lists take API_KEY for {authType: API_KEY}; so does this one.
        const Scope inner = option.enter(scope);
        *inner.place = item.place;
        bound_.places[name + ".authType"] = item.place;
        read_scalar(*find_option("api.authProviders.authType"), item, name, inner);
      } else {
        fault(item.place, name + ": expected a section of options");
      }
    }
  }

  void read_section_map(const Option& option, const Value& value, const std::string& children,
                        const std::string& shown, const Scope& scope) {
    if (value.type != Value::Type::map) {
      return fault(value.place, shown + ": expected a section of names (\"name: {…}\")");
    }
    std::map<std::string_view, SourcePlace> seen;
    for (const Entry& entry : value.entries) {
      const std::string name = joined(shown, shorten(entry.key));
      if (!is_new_name(seen, entry, name)) continue;
      bound_.places[name] = entry.place;
      if (entry.value.type != Value::Type::map) {
        fault(entry.value.place, name + ": expected a section of options");
        continue;
      }
      Scope inner = option.enter(scope);
      *inner.name = entry.key;
      *inner.place = entry.place;
      read_section(entry.value, children, name, inner);
    }
  }

  void read_text_map(const Option& option, const Value& value, const std::string& shown,
                     const Scope& scope) {
    if (value.type != Value::Type::map) {
      return fault(value.place, shown + ": expected names and texts (\"name: text\")");
    }
    std::map<std::string_view, SourcePlace> seen;
    auto& into = *std::get<std::vector<NamedAddress>*>(option.field(scope));
    into.clear();
    for (const Entry& entry : value.entries) {
      const std::string name = joined(shown, shorten(entry.key));
      if (!is_new_name(seen, entry, name)) continue;
      bound_.places[name] = entry.place;
      if (entry.value.type != Value::Type::scalar) {
        fault(entry.value.place, name + ": expected text");
        continue;
      }
      NamedAddress& item = into.emplace_back();
      item.name = entry.key;
      item.place = entry.place;
      Option one = option;
      one.kind = Kind::text;
      store(one, entry.value, name, &item.address);
    }
  }

  bool is_new_name(std::map<std::string_view, SourcePlace>& seen, const Entry& entry,
                   const std::string& shown) {
    const auto [first, is_new] = seen.emplace(entry.key, entry.place);
    if (!is_new) {
      fault(entry.place,
            shown + ": already set in line " + std::to_string(first->second.line) + "; remove one");
    }
    return is_new;
  }

  void read_list(const Option& option, const Value& value, const std::string& shown,
                 const Scope& scope) {
    const Field field = option.field(scope);
    if (value.type == Value::Type::map) {
      return fault(value.place, shown + ": expected a list (\"[a, b]\")");
    }
    clear_list(field);
    if (value.type == Value::Type::scalar) return read_item(option, value, shown, field);
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const std::string name = indexed(shown, i);
      bound_.places[name] = value.items[i].place;
      read_item(option, value.items[i], name, field);
    }
  }

  void read_item(const Option& option, const Value& item, const std::string& shown,
                 const Field& field) {
    const Value* scalar = &item;
    if (option.kind == Kind::mode_list && item.type == Value::Type::map) {
      if (item.entries.size() == 1 && item.entries.front().key == "authType") {
        scalar = &item.entries.front().value;
      }
    }
    if (scalar->type != Value::Type::scalar) {
      const bool mode = option.kind == Kind::mode_list;
      return fault(item.place,
                   shown + ": expected " + (mode ? "API_KEY or {authType: API_KEY}" : "text"));
    }
    store(option, *scalar, shown, field);
  }

  void read_scalar(const Option& option, const Value& value, const std::string& shown,
                   const Scope& scope) {
    if (value.type != Value::Type::scalar) {
      return fault(value.place, shown + ": expected " + expectation(option) + ", not a " +
                                    (value.type == Value::Type::list ? "list" : "section"));
    }
    store(option, value, shown, option.field(scope));
  }

  void store(const Option& option, const Value& value, const std::string& shown,
             const Field& field) {
    auto text = resolve(option, value);
    if (!text.text) return fault(value.place, shown + ": " + text.complaint);
    const auto complaint = read_value(option, std::move(*text.text), field);
    if (complaint) fault(value.place, shown + ": " + *complaint);
  }

  // The text that the value stands for.
  Resolved resolve(const Option& option, const Value& value) {
    const bool in_file = value.place.line != 0;
    std::string text = value.text;
    if (in_file) {  // the environment and flags have been expanded by a shell if at all
      auto expanded = expand_variables(text, environment_, bound_.used_variables);
      if (!expanded.text) return expanded;
      text = std::move(*expanded.text);
    }
    const std::string folder = in_file ? folder_ : "";
    if (option.secret) return read_secret(text, folder);
    if (option.kind == Kind::path && !text.empty()) {
      if (text.find('\0') != std::string::npos) return {std::nullopt, "expected a path"};
      std::error_code error;
      const auto path = std::filesystem::absolute(std::filesystem::path(folder) / text, error);
      if (!error) text = path.lexically_normal().string();
    }
    return {text, {}};
  }

  static bool is_top_level(const Option& option) {
    return option.path.find('.') == std::string_view::npos;
  }

  static std::string joined(const std::string& section, const std::string& key) {
    return section.empty() ? key : section + "." + key;
  }

  static std::string indexed(const std::string& shown, std::size_t i) {
    return shown + "[" + std::to_string(i) + "]";
  }

  void fault(const SourcePlace& place, std::string message) {
    bound_.faults.push_back({place, std::move(message)});
  }

  const Environment& environment_;
  const std::string& folder_;
  Bound bound_;
};

}  // namespace

Bound bind_options(const Value& root, const Environment& environment, const std::string& folder) {
  return Binder(environment, folder).bind(root);
}

}  // namespace eventsd::config
