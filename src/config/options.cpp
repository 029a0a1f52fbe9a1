// The table, joined from its parts in the order of the reference.
#include "config/options.hpp"

namespace eventsd::config {
namespace {

std::vector<Option> join_parts() {
  std::vector<Option> table;
  for (const auto part :
       {daemon_options(), api_options(), handler_options(), data_source_options(), auth_options(),
        data_options(), limit_options(), handler_limit_options()}) {
    table.insert(table.end(), part.begin(), part.end());
  }
  return table;
}

}  // namespace

std::span<const Option> options() {
  static const std::vector<Option> table = join_parts();
  return table;
}

}  // namespace eventsd::config
