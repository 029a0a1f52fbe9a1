// From what a handler asks for to an HTTP request that stays with its endpoint. Pure.
#pragma once

#include <string_view>

#include "data/request_members.hpp"
#include "eventsd/result.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"

namespace eventsd::data {

// The endpoint's URL with `resource_path` behind its own path. Text after a question mark is the
// beginning of the query. What a path may not hold as such (spaces, quotes, other than ASCII) is
// percent-encoded; percent signs stay as given.
//   errors   bad_request: it does not begin with one slash, holds a backslash, a "#", a control
//            character, or a segment "." or ".." in any spelling of its dots and slashes, so that
//            neither the host nor the endpoint's own path can be left
Result<net::Url> resource_url(const net::Url& endpoint, std::string_view resource_path,
                              std::string_view what = "resourcePath");

// Adds the members of an object to a URL's query: strings, numbers and booleans, arrays of them as
// repeated names.
//   errors   bad_request: a member is an object
Result<void> add_query(net::Url& url, const RequestMembers& query);

// Adds the members of an object as headers, but for those that are the client's own: Host,
// Connection, User-Agent, Expect, Transfer-Encoding, Content-Length and what else concerns one
// connection only. They are dropped rather than refused, since code passes its caller's headers on.
// Accept-Encoding is one of them, since answers are not decompressed.
//   errors   bad_request: a value is an object
Result<void> add_headers(net::HttpRequest& request, const RequestMembers& headers);

// `name` is in lower case.
bool has_header(const net::HttpRequest& request, std::string_view name);

// A body member: a string as it is, anything else as JSON, with a Content-Type of JSON unless the
// headers have one.
Result<void> set_body(net::HttpRequest& request, std::string_view json);

// {method, resourcePath, params: {query, headers, body}}
//   source   handlers rule 5.3
Result<net::HttpRequest> parse_http_request(const net::Url& endpoint, std::string_view request);

}  // namespace eventsd::data
