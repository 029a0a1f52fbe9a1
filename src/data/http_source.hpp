// HTTP endpoints as data sources.
#pragma once

#include <memory>

#include "data/outbound_calls.hpp"
#include "data/outbound_http.hpp"
#include "eventsd/data_source.hpp"
#include "net/url.hpp"

namespace eventsd::data {

struct HttpSourceOptions {
  OutboundHttpOptions http;
  net::Url endpoint;  // http or https
};

// Takes {method, resourcePath, params}; the result is {statusCode, headers, body}: any status is a
// result, header names are in lower case and repeated ones joined, the body is a string.
//   errors   those of unanswered(), as HTTP:…
//   source   handlers rule 5.3
std::shared_ptr<DataSource> make_http_source(HttpSourceOptions options, OutboundCalls& calls);

}  // namespace eventsd::data
