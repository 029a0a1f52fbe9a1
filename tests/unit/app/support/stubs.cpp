// Stand-ins for the verbs that need the whole daemon. Weak: where the real ones are linked, they
// win.
#include "app/cli.hpp"
#include "app/key_admin.hpp"

namespace eventsd::app {

[[gnu::weak]] int run_serve(const ServeOptions&) { return kFailed; }
[[gnu::weak]] int run_check_config(const ConfigOptions&) { return kFailed; }
[[gnu::weak]] int run_print_config(const PrintConfigOptions&) { return kFailed; }
[[gnu::weak]] Result<std::unique_ptr<KeyAdmin>> open_offline_key_admin(const std::string&,
                                                                       const std::string&) {
  return fail(ErrorKind::internal, "not linked");
}

}  // namespace eventsd::app
