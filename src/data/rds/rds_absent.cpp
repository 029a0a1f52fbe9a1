// In place of the others when the CMake option EVENTSD_RDS is off.
#include "data/rds/rds_source.hpp"

namespace eventsd::data::rds {

Result<std::shared_ptr<DataSource>> make_rds_source(RdsSourceOptions, OutboundCalls&) {
  return fail(ErrorKind::bad_request,
              "this eventsd was built without PostgreSQL (CMake option EVENTSD_RDS)");
}

}  // namespace eventsd::data::rds
