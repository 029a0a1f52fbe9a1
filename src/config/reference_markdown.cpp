// docs/CONFIGURATION.md, made of the table of options.
#include "config/default_scope.hpp"
#include "config/print.hpp"
#include "config/read_value.hpp"

namespace eventsd::config {
namespace {

constexpr std::string_view kIntroduction =
    R"(# Configuration reference

<!-- Made by `eventsd print-config --markdown`; a test compares the two. -->

Everything is optional: `eventsd serve` without a file serves one API with the namespace `default` and
a generated API key. The same reference as a commented file is [config/eventsd.yaml](../config/eventsd.yaml).

**Where it is read.** `--config FILE`, else `$EVENTSD_CONFIG`, else `./eventsd.yaml`, else
`/etc/eventsd/eventsd.yaml`. What is set in the environment replaces what the file says, and flags
replace both.

**In the environment** an option is `EVENTSD_` and its path in upper snake case:
`limits.maxEventSize` is `EVENTSD_LIMITS_MAX_EVENT_SIZE`. Lists are separated by commas; options
inside lists of sections (`[]` below) have no such name.

**Values.** Durations: `500ms`, `25s`, `10m`, `24h`, `7d`. Sizes: bytes, or `240KiB`, `6MiB`, `1GiB`
(1024), `10MB` (1000). `${NAME}` stands for an environment variable, `${NAME:-text}` for it or the
text, `$${` for a literal `${`. What is marked *secret* may be `file:PATH`, relative to the
configuration file; `print-config` masks it.

**Faults.** An unknown name, a wrong unit, a file that cannot be read: `eventsd check-config` reports
all of them with file, line and column, and `serve` does not start. `SIGHUP` reloads; a file with
faults is reported and what ran goes on. What is marked *restart* needs a new start.
)";

std::string unit_of(const Option& option) {
  switch (option.kind) {
    case Kind::text:
      return "text";
    case Kind::path:
      return "file";
    case Kind::boolean:
      return "true, false";
    case Kind::count:
      return "number";
    case Kind::size:
      return "size";
    case Kind::duration:
      return "duration";
    case Kind::choice: {
      std::string all;
      for (const char c : option.choices) all += c == '|' ? ", " : std::string(1, c);
      return all;
    }
    case Kind::timestamp:
      return "time";
    case Kind::text_list:
      return "list of texts";
    case Kind::mode:
      return "mode";
    case Kind::mode_list:
      return "list of modes";
    case Kind::section:
      return "";
    case Kind::section_list:
      return "list";
    case Kind::section_map:
    case Kind::text_map:
      return "by name";
  }
  return "";
}

// What would end a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

class MarkdownReference {
 public:
  std::string write() {
    out_ = kIntroduction;
    out_ += "\n## General\n\n";
    begin_table();
    for (const Option* option : children_of("")) {
      if (!has_own_heading(*option)) write_row(*option, "");
    }
    for (const Option* option : children_of("")) {
      if (!has_own_heading(*option)) continue;
      out_ += "\n## " + std::string(option->path) + "\n\n" + std::string(option->doc) + "\n\n";
      begin_table();
      write_children(*option, "");
    }
    return std::move(out_);
  }

 private:
  static bool has_own_heading(const Option& option) {
    return is_section(option.kind) && option.children_of.empty();
  }

  void begin_table() {
    out_ += "| option | unit | default | meaning |\n| --- | --- | --- | --- |\n";
  }

  void write_children(const Option& section, const std::string& prefix) {
    for (const Option* child : children_of(section.path)) {
      write_row(*child, prefix);
    }
  }

  void write_row(const Option& option, const std::string& prefix) {
    std::string name = prefix + std::string(leaf(option.path));
    if (option.kind == Kind::section_list) name += "[]";
    if (option.kind == Kind::section_map) name += ".NAME";
    std::string meaning(option.doc);
    if (!option.danger.empty()) meaning += " **Danger:** " + std::string(option.danger);
    if (!option.example.empty() && !is_section(option.kind)) {
      meaning += " Example: `" + std::string(option.example) + "`.";
    }
    if (option.aws_pinned) meaning += " *Pinned by `limits.strict`.*";
    if (option.secret) meaning += " *Secret.*";
    if (option.restart) meaning += " *Restart.*";
    std::string value;
    if (!is_section(option.kind) && option.example.empty()) {
      value = "`" + format_value(option, option.field(defaults_.scope)) + "`";
    }
    out_ += "| `" + name + "` | " + unit_of(option) + " | " + cell(value) + " | " + cell(meaning) +
            " |\n";
    if (has_own_heading(option)) write_children(option, name + ".");
  }

  const DefaultScope defaults_;
  std::string out_;
};

}  // namespace

std::string print_reference() { return MarkdownReference().write(); }

}  // namespace eventsd::config
