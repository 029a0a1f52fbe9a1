// Frames as somebody else may see them.
#pragma once

#include <string>
#include <string_view>

namespace eventsd::protocol {

// The frame's text with every credential replaced by ********: in the top level's "authorization"
// members, all values but those that tell nothing (host, dates, content headers); what is left stays
// as it was sent. A text that is not a JSON object is not shown at all, since a credential could be
// anywhere in it.
std::string mask_credentials(std::string_view frame);

}  // namespace eventsd::protocol
