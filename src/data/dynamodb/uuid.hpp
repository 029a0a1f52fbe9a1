// TableId.
#pragma once

#include <string>

namespace eventsd::data::dynamodb {

// Random, version 4.
std::string make_uuid();

}  // namespace eventsd::data::dynamodb
