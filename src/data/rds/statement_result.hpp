// What a statement gave, as an element of the Data API's sqlStatementResults. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/rds/column_types.hpp"

namespace eventsd::data::rds {

struct Column {
  std::string name;
  std::uint32_t type = 0;  // number in the catalogue
  int modifier = -1;       // its length or precision, as the catalogue has it
};

// Rows are added while they come, so that no more than their text is kept.
class StatementResult {
 public:
  // Before the first row; also when there will be none. Not for a statement that gives no rows.
  void set_columns(std::vector<Column> columns);
  void add_row(std::span<const std::optional<std::string_view>> values);

  std::size_t bytes() const { return records_.size(); }

  // {"records":…,"columnMetadata":…,"numberOfRecordsUpdated":…,"generatedFields":[]}; without the
  // first two if there are no columns.
  std::string json(std::uint64_t records_updated) const;

 private:
  std::optional<std::vector<Column>> columns_;
  std::vector<const ColumnType*> types_;
  std::string records_;
};

}  // namespace eventsd::data::rds
