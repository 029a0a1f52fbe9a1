#include "handler/engine_place.hpp"

#include <algorithm>
#include <charconv>

namespace eventsd::handler {
namespace {

// The number at the front of the text, which it removes; 0 when there is none.
int take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

Place place_at(std::string_view source, std::size_t offset) {
  const std::string_view before = source.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(lines) + 1, static_cast<int>(offset - start) + 1};
}

}  // namespace

Place first_place(std::string_view stack, std::string_view module_name) {
  const std::string wanted = std::string(module_name) + ":";
  const std::size_t at = stack.find(wanted);
  if (at == std::string_view::npos) return {};
  stack.remove_prefix(at + wanted.size());
  Place place;
  place.line = take_number(stack);
  if (stack.starts_with(':')) {
    stack.remove_prefix(1);
    place.column = take_number(stack);
  }
  return place;
}

Place place_of_import(std::string_view error, std::string_view source) {
  // The export, else the module: a default import does not name what it asks for.
  while (true) {
    const std::size_t open = error.find('\'');
    if (open == std::string_view::npos) return {1, 1};
    const std::size_t close = error.find('\'', open + 1);
    const std::string_view name = error.substr(open + 1, close - open - 1);
    const bool is_named = !name.empty() && name != "default";
    const std::size_t at = is_named ? source.find(name) : std::string_view::npos;
    if (at != std::string_view::npos) return place_at(source, at);
    if (close == std::string_view::npos) return {1, 1};
    error.remove_prefix(close + 1);
  }
}

}  // namespace eventsd::handler
