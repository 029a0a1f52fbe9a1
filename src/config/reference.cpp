// The commented reference configuration, made of the table.
#include "config/default_scope.hpp"
#include "config/options.hpp"
#include "config/print.hpp"
#include "config/read_value.hpp"

namespace eventsd::config {
namespace {

constexpr std::string_view kIntroduction =
    R"(# Configuration of eventsd: every option, with its default. All of it is optional.
#
# Looked for at --config, $EVENTSD_CONFIG, ./eventsd.yaml and /etc/eventsd/eventsd.yaml. What is
# set in the environment replaces what is set here, and flags replace both. The variable of an
# option is EVENTSD_ and its path: limits.maxEventSize is EVENTSD_LIMITS_MAX_EVENT_SIZE; lists are
# separated by commas; options inside lists have none.
#
# Durations: 500ms, 25s, 10m, 24h, 7d. Sizes: bytes, or 240KiB, 6MiB, 1GiB (1024), 10MB (1000).
# ${NAME} stands for an environment variable and ${NAME:-text} for it or the text; $${ is a literal
# ${. Tokens and keys may be read from a file: "file:PATH", from this file's folder if relative.
#
# `eventsd check-config` reports every fault with its line; SIGHUP reloads, except for what is
# marked (restart). Lines that begin with # and no space are examples: remove the # to use them;
# those that begin with several are alternatives inside an example.
)";

constexpr std::size_t kColumns = 100;

// Comment lines of at most kColumns with the prefix before each.
std::string wrap(std::string_view text, const std::string& prefix) {
  std::string out;
  std::string line = prefix;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = prefix;
    }
    line += " ";
    line += word;
  }
  return out + line + "\n";
}

// Whether lines are in force or examples, and where they stand.
struct Style {
  std::string off;     // "#" inside a disabled block
  std::string indent;  // of keys
};

class Reference {
 public:
  std::string write() {
    out_ = kIntroduction;
    for (const Option* option : children_of("")) {
      out_ += "\n";
      write_option(*option, {}, "");
    }
    return std::move(out_);
  }

 private:
  // `dash` replaces the end of the indentation at the first option of a list item; its comment
  // stands before the dash.
  void write_option(const Option& option, const Style& style, const std::string& dash) {
    const std::string outside = style.indent.substr(0, style.indent.size() - dash.size());
    const std::string off = style.off + (option.alternative && !is_section(option.kind) ? "#" : "");
    const std::string comment = style.off + outside + "#";
    out_ += wrap(std::string(option.doc) + (option.restart ? " (restart)" : ""), comment);
    if (!option.danger.empty()) out_ += wrap("Danger: " + std::string(option.danger), comment);
    const std::string before = outside + dash;
    const std::string key = before + std::string(leaf(option.path)) + ":";
    if (is_section(option.kind)) {
      write_section(option, style, key);
      return;
    }
    const bool example = !option.example.empty();
    const std::string value =
        example ? std::string(option.example) : format_value(option, option.field(defaults_.scope));
    if (example && style.off.empty()) {
      // Keeps the key in its column when the # is removed.
      out_ += before + "#" + std::string(leaf(option.path)) + ": " + value + "\n";
    } else {
      out_ += off + key + " " + value + "\n";
    }
  }

  void write_section(const Option& option, const Style& style, const std::string& key) {
    // A section that makes something stays an example.
    const bool makes = option.enter != nullptr && style.off.empty();
    const std::string off = option.alternative || makes ? style.off + "#" : style.off;
    if (!option.children_of.empty()) {
      out_ += off + key + " []\n";
      return;
    }
    out_ += off + key + "\n";
    const bool list = option.kind == Kind::section_list;
    Style inner{off, style.indent + (list ? "    " : "  ")};
    if (option.kind == Kind::section_map) {
      out_ += off + inner.indent + std::string(option.example) + ":\n";
      inner.indent += "  ";
    }
    bool first = true;
    for (const Option* child : children_of(option.path)) {
      write_option(*child, inner, list && first ? "- " : "");
      first = false;
    }
  }

  const DefaultScope defaults_;
  std::string out_;
};

}  // namespace

std::string print_defaults() { return Reference().write(); }

}  // namespace eventsd::config
