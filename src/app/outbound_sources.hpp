// Data sources that ask others: functions, HTTP endpoints, buses, OpenSearch, PostgreSQL, models.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "data/functions.hpp"
#include "data/outbound_calls.hpp"
#include "data/outbound_http.hpp"
#include "eventsd/config.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/result.hpp"
#include "net/http_pool.hpp"

namespace eventsd::app {

// Makes those of one configuration. Their HTTP connections are in one pool.
//   thread   control
class OutboundSources {
 public:
  // REQUIRES: `config` and `calls` outlive this object, `calls` what it makes.
  OutboundSources(const Config& config, data::OutboundCalls& calls)
      : config_(config), calls_(calls) {}

  //   errors   bad_request: what of the options is wrong, and the remedy; without secrets
  //   REQUIRES `from` is neither NONE nor AMAZON_DYNAMODB
  Result<std::shared_ptr<DataSource>> make(const DataSourceConfig& from);

  // `lambda.functions`, for data sources that ask them beside their own work.
  //   errors   bad_request: outbound.caFile
  Result<std::shared_ptr<data::Functions>> functions();

 private:
  using Made = Result<std::shared_ptr<DataSource>>;
  Made make_lambda(const DataSourceConfig& from);
  Made make_http(const DataSourceConfig& from);
  Made make_event_bridge(const DataSourceConfig& from);
  Made make_open_search(const DataSourceConfig& from);
  Made make_database(const DataSourceConfig& from);
  Made make_bedrock(const DataSourceConfig& from);

  Result<data::OutboundHttpOptions> http_options(const DataSourceConfig& from,
                                                 net::RequestSigner sign);
  Result<std::shared_ptr<net::HttpPool>> pool();
  net::RequestSigner signer(std::string region, std::string service) const;

  const Config& config_;
  data::OutboundCalls& calls_;
  std::shared_ptr<net::HttpPool> pool_;         // null: none has needed it
  std::shared_ptr<data::Functions> functions_;  // null: likewise
};

// Everything that keeps these data sources of a configuration from being made, with its place.
std::vector<config::Fault> find_outbound_faults(const Config& config);

}  // namespace eventsd::app
