// Opens the history file for the writer: settings, migrations, and a cheap look for damage.
#pragma once

#include "store/sqlite.hpp"

namespace eventsd::store {

// What is checked: application id and format (migrations.hpp); SQLite's own check that the file is
// as long as its header says; with a file of up to 32 MiB PRAGMA quick_check of everything, above
// that of table `namespace` only. Deeper damage shows when the page that has it is read.
//   errors   as migrate(); any other error means damaged, unreadable or full
[[nodiscard]] SqlResult<Connection> open_database(const std::string& path, const std::string& vfs,
                                                  const std::string& synchronous);

}  // namespace eventsd::store
