// Names that an expression may use only by a placeholder.
#pragma once

#include <string_view>

namespace eventsd::data::dynamodb {

// Without regard to case.
bool is_reserved_word(std::string_view name);

}  // namespace eventsd::data::dynamodb
