#include "data/dynamodb/path.hpp"

#include <algorithm>

namespace eventsd::data::dynamodb {

namespace {

const Value* find_step(const Value& value, const PathStep& step) {
  if (const auto* name = std::get_if<std::string>(&step)) {
    const Item* map = value.get<Item>();
    if (map == nullptr) return nullptr;
    const auto found = map->find(*name);
    return found == map->end() ? nullptr : &found->second;
  }
  const List* list = value.get<List>();
  const std::size_t index = std::get<std::size_t>(step);
  return list != nullptr && index < list->size() ? &(*list)[index] : nullptr;
}

// Paths that begin alike, from `depth` on, applied to a value. Empty paths take it whole.
using Paths = std::vector<const Path*>;
std::optional<Value> cut(const Value& value, const Paths& paths, std::size_t depth);

Paths those_with(const Paths& paths, std::size_t depth, const PathStep& step) {
  Paths chosen;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(chosen),
               [&](const Path* path) { return (*path)[depth] == step; });
  return chosen;
}

Item cut_map(const Item& map, const Paths& paths, std::size_t depth) {
  Item result;
  for (const Path* path : paths) {
    const auto* name = std::get_if<std::string>(&(*path)[depth]);
    if (name == nullptr || result.contains(*name)) continue;
    const auto found = map.find(*name);
    if (found == map.end()) continue;
    std::optional<Value> part =
        cut(found->second, those_with(paths, depth, (*path)[depth]), depth + 1);
    if (part) result.emplace(*name, std::move(*part));
  }
  return result;
}

List cut_list(const List& list, const Paths& paths, std::size_t depth) {
  std::vector<std::size_t> indexes;
  for (const Path* path : paths) {
    const auto* index = std::get_if<std::size_t>(&(*path)[depth]);
    if (index != nullptr && *index < list.size()) indexes.push_back(*index);
  }
  std::sort(indexes.begin(), indexes.end());
  indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
  List result;
  for (const std::size_t index : indexes) {
    std::optional<Value> part =
        cut(list[index], those_with(paths, depth, PathStep(index)), depth + 1);
    if (part) result.push_back(std::move(*part));
  }
  return result;
}

std::optional<Value> cut(const Value& value, const Paths& paths, std::size_t depth) {
  if (std::any_of(paths.begin(), paths.end(),
                  [&](const Path* path) { return path->size() == depth; })) {
    return value;
  }
  if (const Item* map = value.get<Item>()) {
    Item part = cut_map(*map, paths, depth);
    if (!part.empty()) return Value{std::move(part)};
  } else if (const List* list = value.get<List>()) {
    List part = cut_list(*list, paths, depth);
    if (!part.empty()) return Value{std::move(part)};
  }
  return std::nullopt;
}

}  // namespace

const std::string& top(const Path& path) { return std::get<std::string>(path.front()); }

std::string path_text(const Path& path) {
  std::string text = "[";
  for (const PathStep& step : path) {
    if (text.size() > 1) text += ", ";
    if (const auto* name = std::get_if<std::string>(&step)) {
      text += *name;
    } else {
      text += "[" + std::to_string(std::get<std::size_t>(step)) + "]";
    }
  }
  return text + "]";
}

const Value* find(const Item& item, const Path& path) {
  const auto found = item.find(top(path));
  if (found == item.end()) return nullptr;
  const Value* value = &found->second;
  for (std::size_t i = 1; value != nullptr && i < path.size(); ++i) {
    value = find_step(*value, path[i]);
  }
  return value;
}

std::string clash_of(const Path& one, const Path& two) {
  const char* how = "overlap";
  for (std::size_t i = 0; i < one.size() && i < two.size(); ++i) {
    if (one[i].index() != two[i].index()) {
      how = "conflict";
      break;
    }
    if (one[i] != two[i]) return {};
  }
  return std::string("Two document paths ") + how +
         " with each other; must remove or rewrite one of these paths; path one: " +
         path_text(one) + ", path two: " + path_text(two);
}

Item project(const Item& item, const std::vector<Path>& paths) {
  Paths pointers;
  pointers.reserve(paths.size());
  for (const Path& path : paths) pointers.push_back(&path);
  return cut_map(item, pointers, 0);
}

}  // namespace eventsd::data::dynamodb
