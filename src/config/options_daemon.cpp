// The options of the daemon itself.
// Texts here are the documentation: config/eventsd.yaml is made of them.
#include "config/grammar.hpp"
#include "config/options.hpp"

namespace eventsd::config {
namespace {

// The address of a member, or of a member of a member.
template <auto... Members>
Field in_config(const Scope& s) {
  return &(*s.config.*....*Members);
}

constexpr Option kOptions[] = {
    {.path = "listen",
     .kind = Kind::text_list,
     .field = in_config<&Config::listen>,
     .doc = "Addresses of the public port. Each speaks http and ws and, with tls, https and wss.",
     .danger = "0.0.0.0 or [::] opens the service to every network of this machine.",
     .check = check_listen_address,
     .restart = true},

    {.path = "tls",
     .doc = "Either certificate and privateKey, or selfSigned. Without: no https and wss."},
    {.path = "tls.certificate",
     .kind = Kind::path,
     .field = in_config<&Config::tls, &TlsConfig::certificate>,
     .doc = "PEM file with the certificate chain, reread on SIGHUP and when the file changes. "
            "A relative path starts at this file's folder.",
     .example = "/etc/eventsd/tls/fullchain.pem"},
    {.path = "tls.privateKey",
     .kind = Kind::path,
     .field = in_config<&Config::tls, &TlsConfig::private_key>,
     .doc = "PEM file with the certificate's key.",
     .example = "/etc/eventsd/tls/privkey.pem"},
    {.path = "tls.selfSigned",
     .kind = Kind::boolean,
     .field = in_config<&Config::tls, &TlsConfig::self_signed>,
     .doc = "For development: makes a CA and a certificate in dataDir, for localhost and `names`.",
     .danger = "clients must trust that CA; use a real certificate in production."},
    {.path = "tls.names",
     .kind = Kind::text_list,
     .field = in_config<&Config::tls, &TlsConfig::names>,
     .doc = "Further host names and IP addresses of the self-signed certificate.",
     .check = check_not_empty},
    {.path = "tls.required",
     .kind = Kind::boolean,
     .field = in_config<&Config::tls, &TlsConfig::required>,
     .doc = "Answers plain requests with 426. Default: true with certificate, false otherwise.",
     .danger = "false lets clients send their keys over the network unencrypted.",
     .example = "true"},

    {.path = "admin",
     .doc = "Health, metrics, console and control plane; never on the public port."},
    {.path = "admin.listen",
     .kind = Kind::text,
     .field = in_config<&Config::admin, &AdminConfig::listen>,
     .doc = "Address of the admin port.",
     .danger = "whoever reaches it sees the metrics; other than loopback needs a token below.",
     .check = check_listen_address,
     .restart = true},
    {.path = "admin.token",
     .kind = Kind::text,
     .field = in_config<&Config::admin, &AdminConfig::token>,
     .doc = "Bearer token of the console and the control plane. "
            "Default: generated at the first start, in dataDir/admin-token.",
     .danger = "whoever has it controls the daemon; read it from a file.",
     .example = "\"file:/run/secrets/eventsd-admin-token\"",
     .check = check_credential,
     .secret = true},
    {.path = "admin.allowedHosts",
     .kind = Kind::text_list,
     .field = in_config<&Config::admin, &AdminConfig::allowed_hosts>,
     .doc = "Host and Origin that requests may name (any port), except for /health/* and /metrics.",
     .danger = "this is what keeps other web sites from driving the console of your browser.",
     .check = check_host},

    {.path = "dataDir",
     .kind = Kind::text,
     .field = in_config<&Config::data_dir>,
     .doc = "Folder of the databases, the generated key and token. "
            "A relative path starts at the working directory.",
     .danger = "losing it loses the history; one daemon at a time may use it.",
     .check = check_not_empty,
     .restart = true},

    {.path = "log", .doc = "What is written to standard error."},
    {.path = "log.level",
     .kind = Kind::choice,
     .field = in_config<&Config::log, &LogConfig::level>,
     .doc = "trace, debug, info, warn or error: lines of this level and above. PUT /v1/log-level on "
            "the admin port changes it while the daemon runs.",
     .choices = "trace|debug|info|warn|error"},
    {.path = "log.format",
     .kind = Kind::choice,
     .field = in_config<&Config::log, &LogConfig::format>,
     .doc = "text, json (a JSON object a line), or auto: text on a terminal, json otherwise.",
     .choices = "auto|text|json"},
    {.path = "log.access",
     .kind = Kind::boolean,
     .field = in_config<&Config::log, &LogConfig::access>,
     .doc = "A line for each request and connection, without query strings and credentials."},

    {.path = "threads",
     .kind = Kind::count,
     .field = in_config<&Config::threads>,
     .doc = "Event loops; 0: one per core.",
     .most = 1024,
     .restart = true},
    {.path = "drainTimeout",
     .kind = Kind::duration,
     .field = in_config<&Config::drain_timeout>,
     .doc = "At shutdown connections are closed spread over this time.",
     .danger = "keep it below the supervisor's own stop timeout."},
    {.path = "trustedProxies",
     .kind = Kind::text_list,
     .field = in_config<&Config::trusted_proxies>,
     .doc = "Addresses and CIDR blocks that may set X-Forwarded-For or speak the PROXY protocol.",
     .danger = "whoever is listed can pretend to be any client address.",
     .check = check_cidr},
    {.path = "cors", .doc = "Requests of browsers from other origins."},
    {.path = "cors.allowOrigins",
     .kind = Kind::text_list,
     .field = in_config<&Config::cors_allow_origins>,
     .doc = "Origins such as https://example.com, or \"*\" for all.",
     .check = check_origin},
    {.path = "region",
     .kind = Kind::text,
     .field = in_config<&Config::region>,
     .doc = "Region in ARNs and signatures.",
     .check = check_region},
    {.path = "accountId",
     .kind = Kind::text,
     .field = in_config<&Config::account_id>,
     .doc = "Account in ARNs: 12 digits, in quotes.",
     .check = check_account_id},
};

}  // namespace

std::span<const Option> daemon_options() { return kOptions; }

}  // namespace eventsd::config
