// An answer whose body is JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "server/http_message.hpp"

namespace eventsd::admin {

// 200; bytes that are not UTF-8 are replaced.
server::HttpResponse json_response(const nlohmann::json& body);

}  // namespace eventsd::admin
