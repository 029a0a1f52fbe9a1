// In place of the others when the CMake option EVENTSD_RDS is off.
#include "data/rds/pg_target.hpp"
#include "data/rds/rds_source.hpp"

namespace eventsd::data::rds {
namespace {

Error absent() {
  return fail(ErrorKind::bad_request,
              "this eventsd was built without PostgreSQL (CMake option EVENTSD_RDS)");
}

}  // namespace

Result<std::shared_ptr<DataSource>> make_rds_source(RdsSourceOptions, OutboundCalls&) {
  return absent();
}

Result<PgTarget> parse_pg_target(const std::string&, const std::string&) { return absent(); }

}  // namespace eventsd::data::rds
