// What texts of the configuration must look like. Each function may correct the text in place and
// answers what was expected, or "" when the text is good.
#pragma once

#include <string>
#include <string_view>

namespace eventsd::config {

std::string check_listen_address(std::string& text);  // "127.0.0.1:8080", "[::1]:0"; localhost
std::string check_cidr(std::string& text);            // "10.0.0.0/8", "::1"
std::string check_origin(std::string& text);          // "*", "https://example.com"
std::string check_domain(std::string& text);          // a host name without port; lower-cased
std::string check_host(std::string& text);            // the same, or "[::1]"
std::string check_region(std::string& text);
std::string check_account_id(std::string& text);
std::string check_api_id(std::string& text);  // may be empty
std::string check_api_name(std::string& text);
std::string check_namespace_name(std::string& text);  // docs/PROTOCOL.md, "Channels"
std::string check_credential(std::string& text);      // fits a header; may be empty
std::string check_not_empty(std::string& text);
std::string check_url(std::string& text);     // http or https, no credentials in it
std::string check_issuer(std::string& text);  // https, or http to a loopback address; may be empty
std::string check_regex(std::string& text);   // ECMAScript; may be empty
std::string check_access_key_id(std::string& text);
std::string check_user_name(std::string& text);
std::string check_source_name(std::string& text);
std::string check_optional_source_name(std::string& text);
std::string check_endpoint(std::string& text);      // a URL without a query
std::string check_service_name(std::string& text);  // of a signature
std::string check_table_name(std::string& text);
std::string check_table_key(std::string& text);  // "NAME:TYPE"
std::string check_optional_table_key(std::string& text);
std::string check_optional_listen_address(std::string& text);
std::string check_optional_url(std::string& text);
std::string check_bus_address(std::string& text);

// "auth" of "arn:aws:lambda:us-east-1:000000000000:function:auth" and of "…:function:auth:live".
std::string_view lambda_function_name(std::string_view arn_or_name);

// REQUIRES: an address that check_listen_address has accepted.
bool is_loopback_address(std::string_view address);
bool has_port_zero(std::string_view address);

}  // namespace eventsd::config
