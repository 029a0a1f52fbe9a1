// From the Data API's named parameters to PostgreSQL's numbered ones. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::data::rds {

struct NumberedSql {
  std::string text;
  std::vector<std::string> names;  // names[0] is $1; each once
};

// Replaces `:name` by `$n` where PostgreSQL would not read it as part of something else: not in
// strings (also E'' and dollar-quoted ones), quoted identifiers, comments, casts (`::name`) and
// named arguments (`:=`). In brackets a name without a value is left alone, as the bound of a
// slice.
//   `has`    whether there is a value of this name (without its colon)
//   errors   bad_request: a name without a value; a numbered parameter ($1), which would meet ours;
//            a NUL character
Result<NumberedSql> number_parameters(std::string_view sql,
                                      const std::function<bool(std::string_view)>& has);

}  // namespace eventsd::data::rds
