// Models as data sources: the two operations of Bedrock's runtime, sent on to an endpoint of one's
// own.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "data/outbound_calls.hpp"
#include "data/outbound_http.hpp"
#include "eventsd/data_source.hpp"
#include "net/url.hpp"

namespace eventsd::data {

// What AppSync allows a model.
inline constexpr std::chrono::milliseconds kBedrockTime{10'000};

struct BedrockSourceOptions {
  OutboundHttpOptions http;                   // its wall_time is shortened to kBedrockTime
  std::map<std::string, net::Url> endpoints;  // by model id; "*" is for every other one
};

// Takes {operation: 'InvokeModel', modelId, body, …} and {operation: 'Converse', modelId, …}; sent
// as POST {endpoint}/model/{modelId}/invoke and …/converse. The result is the answer's JSON.
//   errors   Bedrock:NotConfigured, no endpoint for this model; Bedrock:HttpStatus400 and its like
//            with the message of the answer; Bedrock:InvalidAnswerException; those of unanswered()
//   source   handlers rule 5.7
std::shared_ptr<DataSource> make_bedrock_source(BedrockSourceOptions options, OutboundCalls& calls);

}  // namespace eventsd::data
