// PostgreSQL databases as data sources, with the requests and results of the RDS Data API.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "data/outbound_calls.hpp"
#include "eventsd/data_source.hpp"
#include "eventsd/result.hpp"

namespace eventsd::data::rds {

struct RdsSourceOptions {
  std::string name;               // of the data source, for the log
  std::string connection_string;  // libpq's; secret
  std::string database;           // replaces that of the string; empty: does not
  std::string schema;             // search path; empty: the database's
  bool allow_link_local = false;  // outbound.allowLinkLocal
  std::size_t max_connections = 10;
  std::chrono::milliseconds wall_time{30'000};  // limits.handler.wallTime
};

// Takes {statements, variableMap, variableTypeHintMap}; the result is a JSON string that holds
// {"sqlStatementResults":[…]}, one element a statement. One or two statements, in one transaction.
//   errors   (of the factory) bad_request: the connection string, without quoting it; or this
//            eventsd was built without PostgreSQL
//            (of a call) RDS:DatabaseErrorException, with the server's message and SQLSTATE;
//            RDS:StatementTimeoutException, RDS:DatabaseUnavailableException,
//            RDS:TooManyRequestsException, RDS:ResultTooLargeException
//   source   handlers rule 5.6
Result<std::shared_ptr<DataSource>> make_rds_source(RdsSourceOptions options, OutboundCalls& calls);

}  // namespace eventsd::data::rds
