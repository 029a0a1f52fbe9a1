#include "world.hpp"

#include <charconv>
#include <stdexcept>

namespace stress {

bool matches(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with("/*")) return pattern == path;
  const std::string_view parent = pattern.substr(0, pattern.size() - 1);  // with its last slash
  return path.size() > parent.size() && path.starts_with(parent);
}

Label World::new_events(std::uint32_t channel, std::uint32_t publisher, std::size_t count) {
  const Label first = first_label + static_cast<Label>(events.size());
  const Tick sent = now();
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back({.channel = channel, .publisher = publisher, .sent = sent});
  }
  return first;
}

void World::violation(std::string text) {
  ++violation_count;
  if (violations.size() < 20) violations.push_back(std::move(text));
}

std::string event_texts(Label first, std::size_t count, std::size_t size) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string label = std::to_string(first + i);
    result += i == 0 ? R"("\"e)" : R"(,"\"e)";
    result += label;
    if (size > label.size() + 4) {
      result += ' ';
      result.append(size - label.size() - 4, 'x');
    }
    result += R"(\"")";
  }
  return result;
}

Label label_of(std::string_view escaped_event) {
  constexpr std::string_view kStart = R"(\"e)";
  Label label = 0;
  if (!escaped_event.starts_with(kStart) ||
      std::from_chars(escaped_event.data() + kStart.size(),
                      escaped_event.data() + escaped_event.size(), label)
              .ec != std::errc{}) {
    throw std::runtime_error("an event that nobody published: " +
                             std::string(escaped_event.substr(0, 80)));
  }
  return label;
}

}  // namespace stress
