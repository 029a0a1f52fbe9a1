// The data source that asks nobody.
#pragma once

#include <memory>

#include "eventsd/data_source.hpp"

namespace eventsd::data {

// ctx.result is the request's `payload`, null without one. Also what a handler with request and
// response and no data source asks.
//   source   handlers rule 5, NONE; rule 6
std::shared_ptr<DataSource> make_none_source();

}  // namespace eventsd::data
