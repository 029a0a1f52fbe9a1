#include "data/dynamodb/expression.hpp"

#include <array>

namespace eventsd::data::dynamodb {

std::string_view function_name(Function function) {
  static constexpr std::array<std::string_view, 10> kNames = {"attribute_exists",
                                                              "attribute_not_exists",
                                                              "attribute_type",
                                                              "begins_with",
                                                              "contains",
                                                              "size",
                                                              "if_not_exists",
                                                              "list_append",
                                                              "+",
                                                              "-"};
  return kNames.at(static_cast<std::size_t>(function));
}

std::string_view test_name(Test test) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "AND", "OR", "NOT", "=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN", ""};
  return kNames.at(static_cast<std::size_t>(test));
}

}  // namespace eventsd::data::dynamodb
