#include "config/print.hpp"

#include "config/options.hpp"
#include "config/read_value.hpp"

namespace eventsd::config {
namespace {

using Lines = std::vector<std::string>;

Lines print_section(std::string_view section, const Scope& scope);

void append_indented(Lines& lines, const Lines& inner, const std::string& first) {
  bool is_first = true;
  for (const std::string& line : inner) {
    lines.push_back((is_first ? first : "  ") + line);
    is_first = false;
  }
}

void print_option(Lines& lines, const Option& option, const Scope& scope) {
  const std::string name(leaf(option.path));
  if (option.kind == Kind::text_map) {
    const auto& items = *std::get<std::vector<NamedAddress>*>(option.field(scope));
    if (!items.empty()) lines.push_back(name + ":");
    for (const NamedAddress& item : items) {
      const std::string text =
          option.secret ? std::string(kMaskedSecret) : without_credentials(item.address);
      lines.push_back("  " + quote(without_credentials(item.name)) + ": " + quote(text));
    }
    return;
  }
  if (!is_section(option.kind)) {
    const std::string text = format_value(option, option.field(scope));
    if (!text.empty()) lines.push_back(name + ": " + text);
    return;
  }
  Lines inner;
  const auto children = option.children_of.empty() ? option.path : option.children_of;
  const auto visit = [&](const Scope& item) {
    if (option.kind == Kind::section_map) {
      inner.push_back("  " + quote(*item.name) + ":");
      for (const std::string& line : print_section(children, item)) inner.push_back("    " + line);
      return;
    }
    const Lines printed = print_section(children, item);
    append_indented(inner, printed, option.kind == Kind::section_list ? "- " : "  ");
  };
  if (option.each != nullptr) {
    option.each(scope, visit);
  } else {
    visit(scope);
  }
  if (inner.empty()) return;
  lines.push_back(name + ":");
  for (const std::string& line : inner) {
    lines.push_back(option.kind == Kind::section_list ? "  " + line : line);
  }
}

Lines print_section(std::string_view section, const Scope& scope) {
  Lines lines;
  for (const Option* option : children_of(section)) {
    print_option(lines, *option, scope);
  }
  return lines;
}

}  // namespace

std::string print_config(const Config& config) {
  Config copy = config;
  Scope scope;
  scope.config = &copy;
  std::string out = config.file.empty() ? "# no file; defaults, environment and flags\n"
                                        : "# " + shorten(config.file) + ", environment and flags\n";
  for (const std::string& line : print_section("", scope)) out += line + "\n";
  if (config.apis.empty()) out += "# no api: the one made at the first start is served\n";
  return out;
}

}  // namespace eventsd::config
