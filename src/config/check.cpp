#include "config/check.hpp"

#include <algorithm>

#include "config/check_api.hpp"
#include "config/check_auth.hpp"
#include "config/check_data.hpp"
#include "config/grammar.hpp"
#include "config/options.hpp"
#include "config/read_value.hpp"
#include "config/section_checker.hpp"

namespace eventsd::config {
namespace {

class Checker final : private SectionChecker {
 public:
  using SectionChecker::SectionChecker;

  void check() {
    check_listen();
    check_tls();
    check_admin();
    check_strict();
    check_proportions();
    for (std::size_t i = 0; i < config_.trusted_proxies.size(); ++i) {
      if (config_.trusted_proxies[i].ends_with("/0")) {
        warn("trustedProxies", "every address may claim to be any other");
      }
    }
  }

 private:
  void check_listen() {
    const auto& listen = config_.listen;
    if (listen.empty() && !has_fault_at("listen")) fault("listen", "needs at least one address");
    for (std::size_t i = 0; i < listen.size(); ++i) {
      if (has_port_zero(listen[i])) continue;
      if (std::find(listen.begin(), listen.begin() + long(i), listen[i]) <
          listen.begin() + long(i)) {
        fault("listen", listen[i] + " is given twice");
      }
      if (listen[i] == config_.admin.listen) {
        fault(has("admin.listen") ? "admin.listen" : "listen",
              listen[i] + " is both the public and the admin address");
      }
    }
  }

  void check_tls() {
    TlsConfig& tls = config_.tls;
    if (tls.self_signed && !tls.certificate.empty()) {
      fault("tls.selfSigned", "excludes tls.certificate; remove one");
    } else if (!tls.certificate.empty() && tls.private_key.empty()) {
      fault("tls.certificate", "needs tls.privateKey as well");
    }
    if (!tls.private_key.empty() && tls.certificate.empty()) {
      fault("tls.privateKey", "needs tls.certificate as well");
    }
    if (!tls.names.empty() && !tls.self_signed) {
      warn("tls.names", "has no effect without tls.selfSigned");
    }
    config_.tls_certificate_place = place("tls.certificate");
    config_.tls_private_key_place = place("tls.privateKey");
    if (!has("tls.required")) tls.required = !tls.certificate.empty();
    if (tls.required && !tls.enabled()) {
      fault("tls.required", "needs tls.certificate or tls.selfSigned");
    }
  }

  void check_admin() {
    const AdminConfig& admin = config_.admin;
    if (!is_loopback_address(admin.listen) && admin.token.empty() && !has_fault_at("admin.token")) {
      fault("admin.listen", admin.listen +
                                " is not a loopback address, so admin.token must be set; give a "
                                "token, or listen on 127.0.0.1");
    }
    if (!admin.token.empty() && admin.token.size() < 16) {
      warn("admin.token", "shorter than 16 characters; it can be guessed");
    }
  }

  void check_strict() {
    if (!config_.limits.strict) return;
    Config defaults;
    Scope given;
    given.config = &config_;
    Scope wanted;
    wanted.config = &defaults;
    for (const Option& option : options()) {
      if (!option.aws_pinned) continue;
      const std::string must = format_value(option, option.field(wanted));
      if (format_value(option, option.field(given)) == must) continue;
      fault(std::string(option.path),
            "limits.strict pins it to " + must + "; remove it, or remove limits.strict");
    }
  }

  void check_proportions() {
    const Limits& limits = config_.limits;
    if (limits.keep_alive_interval >= limits.connection_timeout) {
      warn("limits.keepAliveInterval", "limits.connectionTimeout",
           "not below limits.connectionTimeout; clients will reconnect again and again");
    }
    if (limits.max_event_size > limits.max_publish_size) {
      warn("limits.maxEventSize", "limits.maxPublishSize",
           "above limits.maxPublishSize, which is reached first");
    }
    if (limits.max_publish_size > limits.max_frame_size) {
      warn("limits.maxFrameSize", "limits.maxPublishSize",
           "below limits.maxPublishSize; sockets cannot publish that much");
    }
  }
};

}  // namespace

void check_options(Bound& bound, std::vector<std::string>& warnings) {
  Checker(bound, warnings).check();
  check_apis(bound, warnings);
  check_auth(bound, warnings);
  check_data(bound, warnings);
}

}  // namespace eventsd::config
