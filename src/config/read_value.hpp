// Turns the text of one value into the field that it is for, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/options.hpp"

namespace eventsd::config {

// Stores the text in the field, or adds it to the field's list. Answers what is wrong with it;
// the answer does not hold the text of a secret.
std::optional<std::string> read_value(const Option& option, std::string text, const Field& field);

void clear_list(const Field& field);

// The field as YAML; empty for a field that is not set.
std::string format_value(const Option& option, const Field& field);

// "a size such as 240KiB, from 1 to 1GiB".
std::string expectation(const Option& option);

// `unknown key "lisen"; did you mean "listen"?`, for a key of the section.
std::string unknown_key(const std::string& key, const std::string& section);

// At most 60 characters, for messages; control characters replaced.
std::string shorten(std::string_view text);

// The text without what may be credentials in a URL: user and password, values of the query, and
// the whole path of a webhook's, which is often its secret. Other text comes back unchanged.
std::string without_credentials(std::string_view text);

// YAML that reads back as the text, and in which ${ is literal.
std::string quote(std::string_view text);

}  // namespace eventsd::config
