// `eventsd serve`: load, build, say so, run. And the verbs that only look at the configuration.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>

#include "app/app.hpp"
#include "app/cli.hpp"
#include "app/code_file.hpp"
#include "app/load_options.hpp"
#include "app/log_setup.hpp"
#include "app/outbound_sources.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "net/self_signed.hpp"
#include "net/tls_context.hpp"

namespace eventsd::app {
namespace {

void report(const config::Loaded& loaded) {
  for (const std::string& warning : loaded.warnings) std::cerr << "warning: " << warning << '\n';
  for (const config::Fault& fault : loaded.faults) {
    std::cerr << config::format_fault(fault) << '\n';
  }
}

// What is wrong with the configured certificate, if anything.
std::optional<config::Fault> find_tls_fault(const Config& config) {
  if (config.tls.certificate.empty()) return std::nullopt;
  const auto context = net::load_tls_context(config.tls);
  if (context) return std::nullopt;
  const std::string& message = context.error().message;
  const bool key = message.starts_with("tls.privateKey");
  return config::Fault{key ? config.tls_private_key_place : config.tls_certificate_place, message};
}

// Says what is wrong with certificates, data sources and handlers; true when there is nothing.
bool files_are_good(const Config& config) {
  std::vector<config::Fault> faults;
  if (auto fault = find_tls_fault(config)) faults.push_back(std::move(*fault));
  for (config::Fault& fault : find_outbound_faults(config)) faults.push_back(std::move(fault));
  for (config::Fault& fault : find_code_faults(config)) faults.push_back(std::move(fault));
  for (const config::Fault& fault : faults) std::cerr << config::format_fault(fault) << '\n';
  return faults.empty();
}

bool in_container() {
  return ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0;
}

void say_started(const StartedInfo& info) {
  const std::string host = reachable_host(info.addresses.front());
  const std::string endpoint = (info.tls ? "https://" : "http://") + host + "/event";
  const std::string console = "http://" + reachable_host(info.admin_address) + "/console";
  spdlog::info("serving endpoint={} admin=http://{} console={} data={}", endpoint,
               info.admin_address, console, info.data_dir);
  if (!info.dynamodb_address.empty()) {
    spdlog::info("serving DynamoDB's API AWS_ENDPOINT_URL_DYNAMODB=http://{}",
                 info.dynamodb_address);
  }
  for (const std::string& address : info.addresses) spdlog::debug("listening on {}", address);
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const std::string key_file = info.data_dir + "/api-key";
  const std::string token_file = info.data_dir + "/admin-token";
  const bool show_key = terminal || (info.new_key && in_container());
  if (!terminal && !show_key) {
    if (!info.api_key.empty()) spdlog::info("the API key is in {}", key_file);
    if (!info.admin_token.empty()) spdlog::info("the console's token is in {}", token_file);
    return;
  }
  const std::string key = info.api_key.empty() ? "YOUR_API_KEY" : info.api_key;
  // In capitals amplify leaves the scheme alone, so that it reaches a plain-text server.
  const std::string amplify = info.tls ? "https://" + host + "/event" : "HTTP://" + host + "/event";
  const std::string trust = info.ca_file.empty() ? "" : " --cacert " + info.ca_file;
  std::cerr << "\n  endpoint   " << endpoint << "\n  realtime   " << (info.tls ? "wss://" : "ws://")
            << host << "/event/realtime\n";
  if (!info.api_key.empty()) std::cerr << "  API key    " << key << "   (" << key_file << ")\n";
  if (!info.ca_file.empty()) {
    std::cerr << "  CA         " << info.ca_file << "   (NODE_EXTRA_CA_CERTS)\n";
  }
  if (!info.dynamodb_address.empty()) {
    std::cerr << "  DynamoDB   http://" << info.dynamodb_address
              << "   (AWS_ENDPOINT_URL_DYNAMODB)\n";
  }
  // Whoever reads this address can use the console: a terminal's reader, and no log's.
  std::cerr << "  console    " << console;
  if (info.admin_token.empty()) {
    std::cerr << "   (its token: admin.token)";
  } else if (terminal) {
    std::cerr << "#token=" << info.admin_token;
  } else {
    std::cerr << "   (its token is in " << token_file << ")";
  }
  std::cerr << "\n  admin      http://" << info.admin_address
            << "   (health, metrics, API keys)\n\n  Publish:\n\n    curl" << trust << " "
            << endpoint << " -H 'content-type: application/json' -H 'x-api-key: " << key
            << "' \\\n      -d '{\"channel\":\"default/hello\",\"events\":[\"{\\\"message\\\":"
               "\\\"Hello\\\"}\"]}'\n\n  Amplify:\n\n    Amplify.configure({ API: { Events: {\n"
               "      endpoint: '"
            << amplify << "',\n      region: 'us-east-1', defaultAuthMode: 'apiKey',\n"
            << "      apiKey: '" << key << "' } } });\n"
            << "    const channel = await events.connect('/default/hello');\n"
               "    channel.subscribe({ next: (data) => console.log(data) });\n\n";
}

}  // namespace

int run_serve(const ServeOptions& options) {
  if (!options.template_path.empty()) {
    std::cerr << "eventsd: --template is not available in this version; define the API in the "
                 "configuration file\n";
    return kWrongUsage;
  }
  config::LoadOptions load = load_options(options.config_file);
  std::string listen;
  for (const std::string& address : options.listen) {
    listen += (listen.empty() ? "" : ",") + address;
  }
  if (!listen.empty()) load.flags.emplace_back("listen", listen);
  if (!options.data_dir.empty()) load.flags.emplace_back("dataDir", options.data_dir);
  const config::Loaded loaded = config::load_config(load);
  report(loaded);
  if (!loaded.config || !files_are_good(*loaded.config)) return kWrongUsage;

  std::signal(SIGPIPE, SIG_IGN);
  set_up_log(loaded.config->log);
  auto app =
      App::create({loaded.config, [load] { return config::load_config(load); }, say_started});
  if (!app) {
    spdlog::error("{}", app.error().message);
    return kFailed;
  }
  return (*app)->run();
}

int run_check_config(const ConfigOptions& options) {
  config::Loaded loaded = config::load_config(load_options(options.config_file));
  report(loaded);
  if (!loaded.config || !files_are_good(*loaded.config)) return kWrongUsage;
  std::cerr << (loaded.config->file.empty() ? "defaults" : loaded.config->file) << ": valid\n";
  return kDone;
}

int run_print_config(const PrintConfigOptions& options) {
  if (options.defaults == ShowDefaults::yes) {
    std::cout << config::print_defaults();
    return kDone;
  }
  if (options.defaults == ShowDefaults::as_markdown) {
    std::cout << config::print_reference();
    return kDone;
  }
  const config::Loaded loaded = config::load_config(load_options(options.config_file));
  report(loaded);
  if (!loaded.config) return kWrongUsage;
  std::cout << config::print_config(*loaded.config);
  return kDone;
}

}  // namespace eventsd::app
