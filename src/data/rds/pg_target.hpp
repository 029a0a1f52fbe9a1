// Where a database is: a connection string, read and completed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eventsd/result.hpp"

namespace eventsd::data::rds {

// What libpq takes: names of its options and their values. Holds the password: never to be logged.
using PgOptions = std::vector<std::pair<std::string, std::string>>;

struct PgTarget {
  PgOptions options;               // without hosts, addresses and ports
  std::vector<std::string> hosts;  // names, addresses, or directories of Unix sockets
  std::vector<std::string> ports;  // one for each host
  std::string where() const;       // host:port of each, for the log
};

// Reads "postgresql://user@host/database" or "host=… dbname=…". `database` replaces that of the
// string unless it is empty.
//   errors   bad_request: not a connection string, or it names a service file; quotes nothing of it
Result<PgTarget> parse_pg_target(const std::string& connection_string, const std::string& database);

// Completes the options for one connection: names are resolved here, because libpq would block.
//   errors   forbidden: all addresses of all hosts are refused (net/address_policy.hpp);
//            internal: no host has an address
//   thread   the io_context's; `done` is called once, never from within this call
void async_resolve_pg_target(boost::asio::io_context& io, const PgTarget& target,
                             bool allow_link_local, std::function<void(Result<PgOptions>)> done);

}  // namespace eventsd::data::rds
