// ConsumedCapacity: what an operation would have cost. Nothing is throttled by it.
#pragma once

#include <map>
#include <string>

#include "data/dynamodb/answer.hpp"
#include "data/dynamodb/request.hpp"
#include "data/dynamodb/table.hpp"

namespace eventsd::data::dynamodb {

enum class Strength : std::uint8_t { eventual, consistent, transactional };

class CapacityMeter {
 public:
  CapacityMeter() = default;
  // Reads ReturnConsumedCapacity.
  explicit CapacityMeter(RequestReader& request);

  void read(const Table& table, const Index* index, std::size_t bytes, Strength strength);
  // A write of an item (null: none) over another (null: none).
  void write(const Table& table, const Item* before, const Item* now, std::size_t bytes,
             Strength strength = Strength::consistent);
  bool wanted() const { return wanted_; }

  // Adds ConsumedCapacity, when it was asked for: an object, or a list of one for each table.
  void append_one(Answer& answer) const;
  void append_list(Answer& answer) const;

 private:
  struct Units {
    double table = 0;
    std::map<std::string, double> global;
    std::map<std::string, double> local;
  };
  std::string text(const std::string& table, const Units& units) const;

  bool wanted_ = false;
  bool indexes_ = false;
  std::map<std::string, Units> tables_;
};

}  // namespace eventsd::data::dynamodb
