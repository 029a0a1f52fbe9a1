// Finding options, and the other names they go by.
#include <algorithm>
#include <cctype>

#include "config/options.hpp"

namespace eventsd::config {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// Letters and digits in lower case, so that data_dir and DataDir count as dataDir.
std::string folded(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c != '_' && c != '-') out += lower(c);
  }
  return out;
}

// Edits to get from one to the other; a swap of neighbours is one edit.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

// Calls `put` with each character of a path, and `split` before an inner capital and for each dot.
template <typename Put, typename Split>
void for_each_word(std::string_view path, Put put, Split split) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '.') {
      split();
      continue;
    }
    if (i > 0 && is_upper(path[i]) && path[i - 1] != '.' && !is_upper(path[i - 1])) split();
    put(path[i]);
  }
}

}  // namespace

const Option* find_option(std::string_view path) {
  for (const Option& option : options()) {
    if (option.path == path) return &option;
  }
  return nullptr;
}

std::vector<const Option*> children_of(std::string_view section) {
  std::vector<const Option*> found;
  for (const Option& option : options()) {
    const std::size_t dot = option.path.rfind('.');
    const auto parent =
        dot == std::string_view::npos ? std::string_view{} : option.path.substr(0, dot);
    if (parent == section) found.push_back(&option);
  }
  return found;
}

std::string_view leaf(std::string_view path) { return path.substr(path.rfind('.') + 1); }

bool is_section(Kind kind) {
  return kind == Kind::section || kind == Kind::section_list || kind == Kind::section_map;
}

bool is_list_of_values(Kind kind) { return kind == Kind::text_list || kind == Kind::mode_list; }

bool has_environment_name(const Option& option) {
  if (is_section(option.kind) || option.kind == Kind::text_map) return false;
  std::string_view path = option.path;
  for (std::size_t dot = path.rfind('.'); dot != std::string_view::npos; dot = path.rfind('.')) {
    path = path.substr(0, dot);
    const Option* parent = find_option(path);
    if (parent == nullptr || parent->kind == Kind::section_list ||
        parent->kind == Kind::section_map) {
      return false;
    }
  }
  return true;
}

std::string environment_name(std::string_view path) {
  std::string out = "EVENTSD_";
  for_each_word(path, [&](char c) { out += upper(c); }, [&] { out += '_'; });
  return out;
}

std::string flag_name(std::string_view path) {
  std::string out = "--";
  for_each_word(path, [&](char c) { out += lower(c); }, [&] { out += '-'; });
  return out;
}

std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& candidates) {
  if (name.size() > 100) return std::nullopt;  // no misspelling; keeps hostile keys cheap
  const std::string wanted = folded(name);
  const std::size_t near_enough =
      wanted.size() <= 4 ? 1 : std::max<std::size_t>(2, wanted.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = near_enough + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(wanted, folded(candidate));
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace eventsd::config
