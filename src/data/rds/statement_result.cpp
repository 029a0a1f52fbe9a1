#include "data/rds/statement_result.hpp"

#include "data/rds/field_value.hpp"
#include "data/request_members.hpp"

namespace eventsd::data::rds {
namespace {

struct Size {
  int precision = 0;
  int scale = 0;
};

// varchar(n) has n + 4 as its modifier, numeric(p, s) has p << 16 | s and 4 more.
Size size_of(const Column& column, const ColumnType& type) {
  if (type.name == "bool") return {1, 0};
  if (type.name == "int2") return {5, 0};
  if (type.name == "int4") return {10, 0};
  if (type.name == "int8") return {19, 0};
  if (type.name == "float4") return {8, 8};
  if (type.name == "float8") return {17, 17};
  if (column.modifier < 4) return {};
  const int size = column.modifier - 4;
  if (type.name == "numeric") return {size >> 16 & 0xffff, size & 0x7ff};
  if (type.name == "varchar" || type.name == "bpchar") return {size, 0};
  return {};
}

std::string metadata(const Column& column, const ColumnType& type) {
  const Size size = size_of(column, type);
  const bool is_number = type.kind == ValueKind::long_integer ||
                         type.kind == ValueKind::double_float || type.name == "numeric";
  const bool is_text = type.jdbc == 12 || type.jdbc == 1;
  const auto word = [](bool value) { return value ? "true" : "false"; };
  return R"({"arrayBaseColumnType":0,"isAutoIncrement":false,"isCaseSensitive":)" +
         std::string(word(is_text)) + R"(,"isCurrency":)" + word(type.name == "money") +
         R"(,"isSigned":)" + word(is_number) + R"(,"label":)" + json_text(column.name) +
         R"(,"name":)" + json_text(column.name) + R"(,"nullable":2,"precision":)" +
         std::to_string(size.precision) + R"(,"scale":)" + std::to_string(size.scale) +
         R"(,"schemaName":"","tableName":"","type":)" + std::to_string(type.jdbc) +
         R"(,"typeName":)" + json_text(type.name) + "}";
}

}  // namespace

void StatementResult::set_columns(std::vector<Column> columns) {
  columns_ = std::move(columns);
  for (const Column& column : *columns_) types_.push_back(&column_type(column.type));
}

void StatementResult::add_row(std::span<const std::optional<std::string_view>> values) {
  records_ += records_.empty() ? "[" : ",[";
  for (std::size_t i = 0; i < values.size() && i < types_.size(); ++i) {
    if (i > 0) records_ += ',';
    append_field(records_, *types_[i], values[i]);
  }
  records_ += ']';
}

std::string StatementResult::json(std::uint64_t records_updated) const {
  std::string text = "{";
  if (columns_) {
    text += R"("records":[)" + records_ + R"(],"columnMetadata":[)";
    for (std::size_t i = 0; i < columns_->size(); ++i) {
      if (i > 0) text += ',';
      text += metadata((*columns_)[i], *types_[i]);
    }
    text += "],";
  }
  return text + R"("numberOfRecordsUpdated":)" + std::to_string(records_updated) +
         R"(,"generatedFields":[]})";
}

}  // namespace eventsd::data::rds
