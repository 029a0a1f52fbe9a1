#include "data/dynamodb/capacity.hpp"

#include <algorithm>
#include <cstdio>

#include "data/dynamodb/key_codec.hpp"

namespace eventsd::data::dynamodb {

namespace {

constexpr std::size_t kReadUnit = 4096;
constexpr std::size_t kWriteUnit = 1024;

double blocks(std::size_t bytes, std::size_t unit) {
  return static_cast<double>(std::max<std::size_t>((bytes + unit - 1) / unit, 1));
}

std::string decimal(double units) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", units);
  return text;
}

std::string indexes_text(const std::map<std::string, double>& indexes) {
  Answer answer;
  for (const auto& [name, units] : indexes) {
    answer.raw(name, R"({"CapacityUnits":)" + decimal(units) + "}");
  }
  return std::move(answer).finish();
}

double sum(const std::map<std::string, double>& indexes) {
  double total = 0;
  for (const auto& entry : indexes) total += entry.second;
  return total;
}

}  // namespace

CapacityMeter::CapacityMeter(RequestReader& request) {
  const std::string detail = request.choice("ReturnConsumedCapacity", {"NONE", "INDEXES", "TOTAL"});
  wanted_ = detail != "NONE";
  indexes_ = detail == "INDEXES";
}

void CapacityMeter::read(const Table& table, const Index* index, std::size_t bytes,
                         Strength strength) {
  if (!wanted_) return;
  const double factor = strength == Strength::eventual     ? 0.5
                        : strength == Strength::consistent ? 1.0
                                                           : 2.0;
  Units& units = tables_[table.name];
  const double cost = blocks(bytes, kReadUnit) * factor;
  if (index == nullptr) {
    units.table += cost;
  } else {
    (index->global ? units.global : units.local)[index->name] += cost;
  }
}

void CapacityMeter::write(const Table& table, const Item* before, const Item* now,
                          std::size_t bytes, Strength strength) {
  if (!wanted_) return;
  const double factor = strength == Strength::transactional ? 2.0 : 1.0;
  Units& units = tables_[table.name];
  units.table += blocks(bytes, kWriteUnit) * factor;
  for (const Index& index : table.indexes) {
    const auto pointer = [&](const Item* item) {
      return item == nullptr ? std::nullopt : index_row_key(index, *item, "");
    };
    const auto old_row = pointer(before);
    const auto new_row = pointer(now);
    const bool moved = old_row && new_row && *old_row != *new_row;
    const double writes = (old_row || new_row ? 1.0 : 0.0) + (moved ? 1.0 : 0.0);
    if (writes == 0) continue;
    (index.global ? units.global : units.local)[index.name] +=
        writes * blocks(bytes, kWriteUnit) * factor;
  }
}

std::string CapacityMeter::text(const std::string& table, const Units& units) const {
  Answer answer;
  answer.text("TableName", table);
  answer.raw("CapacityUnits", decimal(units.table + sum(units.global) + sum(units.local)));
  if (indexes_) {
    answer.raw("Table", R"({"CapacityUnits":)" + decimal(units.table) + "}");
    if (!units.global.empty()) answer.raw("GlobalSecondaryIndexes", indexes_text(units.global));
    if (!units.local.empty()) answer.raw("LocalSecondaryIndexes", indexes_text(units.local));
  }
  return std::move(answer).finish();
}

void CapacityMeter::append_one(Answer& answer) const {
  if (!wanted_ || tables_.empty()) return;
  const auto& [name, units] = *tables_.begin();
  answer.raw("ConsumedCapacity", text(name, units));
}

void CapacityMeter::append_list(Answer& answer) const {
  if (!wanted_) return;
  std::string list = "[";
  for (const auto& [name, units] : tables_) append_element(list, text(name, units));
  answer.raw("ConsumedCapacity", list + "]");
}

}  // namespace eventsd::data::dynamodb
