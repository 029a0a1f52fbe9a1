// OpenSearch domains as data sources.
#pragma once

#include <memory>

#include "data/outbound_calls.hpp"
#include "data/outbound_http.hpp"
#include "eventsd/data_source.hpp"
#include "net/url.hpp"

namespace eventsd::data {

struct OpenSearchSourceOptions {
  OutboundHttpOptions http;
  net::Url endpoint;  // http or https
};

// Takes {operation, path, params: {headers, queryString, body}}; the result is the answer's JSON,
// null when there is none (HEAD).
//   errors   OpenSearch:HttpStatus404 and its like for an answer that is not 2xx, with the reason
//            that the domain gives; OpenSearch:InvalidAnswerException, not JSON; those of
//            unanswered()
//   source   handlers rule 5.5
std::shared_ptr<DataSource> make_opensearch_source(OpenSearchSourceOptions options,
                                                   OutboundCalls& calls);

}  // namespace eventsd::data
