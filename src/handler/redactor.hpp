// Keeps a request's credentials out of what its handler logs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eventsd::handler {

// The text with each secret, also as it stands in JSON, replaced by "********", and without control
// characters. Secrets of fewer than four characters would take too much with them and stay.
std::string redact(std::string_view text, const std::vector<std::string>& secrets);

}  // namespace eventsd::handler
