// The command line: a table of verbs, the options of each, and the functions that run them.
// Exit codes: 0 done, 1 failed, 2 wrong usage or invalid configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace eventsd::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

// Where a verb reads and writes: results on `out`, words for people on `err`.
struct Console {
  int in;  // file descriptor
  std::ostream& out;
  std::ostream& err;
};

enum class Output : std::uint8_t { text, json };

// One row of `eventsd --help`.
struct Verb {
  std::string_view name;
  std::string_view help;      // one line
  std::string_view examples;  // shown under `eventsd VERB --help`; may be empty
  // Declares the verb's options on its subcommand and returns what runs after they are parsed.
  std::function<int()> (*bind)(CLI::App& subcommand, const Console& console);
};

std::span<const Verb> verbs();

// Parses and runs; returns the process's exit code. Throws nothing that parsing could.
int run_cli(int argc, const char* const* argv, const Console& console);
int run_cli(int argc, char** argv);  // with the process's own streams

struct ServeOptions {
  std::string config_file;          // empty: searched for
  std::vector<std::string> listen;  // empty: as configured
  std::string data_dir;             // empty: as configured
  std::string template_path;        // empty: none
};
int run_serve(const ServeOptions& options);

struct ConfigOptions {
  std::string config_file;  // empty: searched for
};
int run_check_config(const ConfigOptions& options);

enum class ShowDefaults : std::uint8_t { no, yes, as_markdown };

struct PrintConfigOptions {
  std::string config_file;  // empty: searched for
  ShowDefaults defaults = ShowDefaults::no;
};
int run_print_config(const PrintConfigOptions& options);

int run_version(Output output, const Console& console);

// Keys to sign with; empty members have defaults (cli_credentials.hpp).
struct IamOptions {
  bool enabled = false;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string region;
};

// Where the public endpoint is, and how to be let in; empty members have defaults
// (events_endpoint.hpp, cli_credentials.hpp).
struct EndpointOptions {
  std::string url;
  std::string api_key;
  std::string ca_file;
  std::string auth_token = {};  // a token, or file:PATH
  IamOptions iam = {};
};

struct PublishOptions {
  EndpointOptions endpoint;
  std::string channel;
  std::vector<std::string> events;  // JSON texts; "-" stands for the lines of the input
  bool over_socket = false;
  Output output = Output::text;
};
int run_publish(const PublishOptions& options, const Console& console);

struct SubscribeOptions {
  EndpointOptions endpoint;
  std::string channel;
  std::optional<std::uint32_t> last;   // stored events to begin with, 0 to 1000
  std::string after;                   // cursor; empty: none
  std::optional<std::uint64_t> count;  // ends after so many events
  bool reconnect = true;
  Output output = Output::text;
};
int run_subscribe(const SubscribeOptions& options, const Console& console);

struct HistoryOptions {
  EndpointOptions endpoint;
  std::string channel;
  std::uint32_t limit = 100;  // of a page
  std::string before;         // cursors; empty: none
  std::string after;
  bool all = false;  // every page
  Output output = Output::text;
};
int run_history(const HistoryOptions& options, const Console& console);

enum class SignedOperation : std::uint8_t { http, connect, subscribe, publish };

struct SignOptions {
  EndpointOptions endpoint;  // url and iam
  SignedOperation operation = SignedOperation::http;
  std::string body;  // "-": the input; empty: none was given
  bool as_subprotocol = false;
  Output output = Output::text;
};
int run_sign(const SignOptions& options, const Console& console);

enum class ApiKeyAction : std::uint8_t { create, list, remove };

struct ApiKeyOptions {
  ApiKeyAction action = ApiKeyAction::list;
  std::string id;           // of remove
  std::string description;  // of create
  std::string expires;      // of create: "30d" or an ISO 8601 time; empty: the server's default
  std::string admin_url;    // empty: the admin listener of this machine
  std::string token;        // empty: searched for
  std::string api_id;       // empty: the first API
  std::string ca_file;
  bool offline = false;
  std::string data_dir;  // of offline, and where the token is searched for
  Output output = Output::text;
};
int run_api_key(const ApiKeyOptions& options, const Console& console);

struct TokenOptions {
  std::string subject = "dev-user";
  std::string client_id = "dev-client";
  std::string audience;             // empty: the client, in ID tokens
  std::vector<std::string> groups;  // of Cognito
  std::vector<std::string> claims;  // NAME=VALUE, the value JSON or else text
  std::string expires = "1h";
  std::string token_use = "access";  // or "id"
  std::string data_dir;              // empty: searched for
  std::string admin_url;             // not empty: asks the daemon instead
};
// Prints a token of the development issuer (devIssuer).
int run_token(const TokenOptions& options, const Console& console);

struct EvaluateOptions {
  std::string file;
  std::string context;   // JSON, or @FILE
  std::string function;  // "onPublish", "onPublish.request", …; empty: the first that is exported
  bool watch = false;    // again whenever the file changes, until Ctrl-C
  Output output = Output::text;
};
// Runs a function of a handler in a worker process, as AppSync's EvaluateCode does.
int run_evaluate(const EvaluateOptions& options, const Console& console);

struct HealthOptions {
  std::string url;  // empty: the admin listener of this machine
  std::string ca_file;
};
int run_health(const HealthOptions& options, const Console& console);

}  // namespace eventsd::app
