// The numbered steps from an empty file to today's tables (docs/STORE.md).
#pragma once

#include <span>

#include "store/sqlite.hpp"

namespace eventsd::store {

// Marks a file as an event history of this project: "EVDS".
constexpr std::int64_t kApplicationId = 0x45564453;

struct Migration {
  int version;      // PRAGMA user_version once it has run
  const char* sql;  // statements, run in one transaction
};

// Ascending, from version 1, without gaps. Steps that were released never change.
std::span<const Migration> migrations();

// Runs the steps that the file has not had, each in its own transaction.
//   errors   code 0 with a text for operators when the file is newer than this program or belongs
//            to another one; else SQLite's
[[nodiscard]] SqlStatus migrate(Connection& connection, std::span<const Migration> steps);

}  // namespace eventsd::store
