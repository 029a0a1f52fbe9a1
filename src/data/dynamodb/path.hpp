// Document paths: a.b[0]
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "data/dynamodb/value.hpp"

namespace eventsd::data::dynamodb {

using PathStep = std::variant<std::string, std::size_t>;  // a member of a map, or of a list
using Path = std::vector<PathStep>;

// The name of the attribute that the path begins with. REQUIRES: not empty.
const std::string& top(const Path& path);

// "[a, b, [0]]", as error messages show paths.
std::string path_text(const Path& path);

// What is there, or null.
const Value* find(const Item& item, const Path& path);

// Why two paths cannot be used together ("Two document paths overlap …"); empty when they can.
std::string clash_of(const Path& one, const Path& two);

// The parts of an item that the paths name, in their places; list elements close up.
Item project(const Item& item, const std::vector<Path>& paths);

}  // namespace eventsd::data::dynamodb
