// Ports and names, as the doctor tries them.
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "app/data_dir.hpp"
#include "app/doctor.hpp"
#include "data/rds/pg_target.hpp"
#include "net/url.hpp"
#include "server/acceptor.hpp"

namespace eventsd::app {
namespace {

// What the daemon that runs on the data directory says of itself: "127.0.0.1:8080"; empty: none.
std::vector<std::string> running_addresses(const std::string& data_dir) {
  const auto text = read_file(data_dir + "/endpoint.json");
  if (!text) return {};
  const auto object = nlohmann::json::parse(*text, nullptr, false);
  std::vector<std::string> addresses;
  for (const char* member : {"http", "admin"}) {
    if (!object.is_object() || !object.contains(member) || !object[member].is_string()) continue;
    const auto url = net::parse_url(object[member].get<std::string>());
    if (url) addresses.push_back(std::to_string(url->port));
  }
  return addresses;
}

Finding check_port(const char* option, const std::string& address,
                   const std::vector<std::string>& running) {
  const std::string port = address.substr(address.rfind(':') + 1);
  boost::asio::io_context io;
  server::Acceptor acceptor(io, [](auto&) {});
  const Result<void> listening = acceptor.listen(address);
  acceptor.stop();
  const std::string name = std::string(option) + " " + address;
  if (listening) return {Severity::ok, "port", name + " is free", ""};
  if (std::find(running.begin(), running.end(), port) != running.end()) {
    return {Severity::ok, "port", name + " is served by the eventsd that runs", ""};
  }
  return {Severity::problem, "port", listening.error().message,
          "sudo ss -ltnp 'sport = :" + port +
              "' says who has it (systemd: eventsd.socket is then as it should be); below 1024 "
              "enable eventsd.socket"};
}

void add_host(std::set<std::string>& hosts, std::string_view address) {
  constexpr std::string_view kWebhook = "webhook+";
  if (address.starts_with(kWebhook)) address.remove_prefix(kWebhook.size());
  const auto url = net::parse_url(address);
  if (url) hosts.insert(url->host);
}

// A connection string may name several, and directories of sockets, which nobody looks up.
void add_database_hosts(std::set<std::string>& hosts, const std::string& connection_string) {
  if (connection_string.empty()) return;
  const auto target = data::rds::parse_pg_target(connection_string, "");
  if (!target) return;  // check-config's business
  for (const std::string& host : target->hosts) {
    const bool is_socket = host.empty() || host.front() == '/' || host.front() == '@';
    if (!is_socket) hosts.insert(host);
  }
}

void add_issuers(std::set<std::string>& hosts, const Config& config, const ApiConfig& api) {
  for (const AuthProviderConfig& provider : api.auth_providers) {
    add_host(hosts, provider.open_id_connect.issuer);
    const CognitoConfig& pool = provider.cognito;
    const bool has_own =
        !pool.issuer.empty() ||
        std::any_of(config.user_pools.begin(), config.user_pools.end(),
                    [&](const auto& one) { return one.name == pool.user_pool_id; });
    if (!pool.issuer.empty()) add_host(hosts, pool.issuer);
    if (!has_own && !pool.user_pool_id.empty()) {
      hosts.insert("cognito-idp." + pool.aws_region + ".amazonaws.com");
    }
  }
}

void add_data_sources(std::set<std::string>& hosts, const Config& config, const ApiConfig& api) {
  for (const DataSourceConfig& source : api.data_sources) {
    if (source.type == DataSourceType::http) add_host(hosts, source.http.endpoint);
    if (source.type == DataSourceType::relational_database) {
      add_database_hosts(hosts, source.relational.connection_string);
    }
    const bool is_search =
        source.type == DataSourceType::open_search || source.type == DataSourceType::elasticsearch;
    const bool stands_elsewhere =
        std::any_of(config.open_search.begin(), config.open_search.end(),
                    [&](const auto& one) { return one.name == source.open_search.endpoint; });
    if (is_search && !stands_elsewhere) add_host(hosts, source.open_search.endpoint);
  }
}

}  // namespace

Findings check_ports(const Config& config) {
  const std::vector<std::string> running = running_addresses(config.data_dir);
  Findings findings;
  for (const std::string& address : config.listen) {
    findings.push_back(check_port("listen", address, running));
  }
  findings.push_back(check_port("admin.listen", config.admin.listen, running));
  return findings;
}

Findings check_names(const Config& config, const Resolve& resolve) {
  std::set<std::string> hosts;
  for (const ApiConfig& api : config.apis) {
    add_issuers(hosts, config, api);
    add_data_sources(hosts, config, api);
  }
  for (const NamedAddress& pool : config.user_pools) add_host(hosts, pool.address);
  for (const LambdaFunctionConfig& function : config.lambda_functions) {
    add_host(hosts, function.url);
  }
  for (const auto* names : {&config.event_bridge, &config.open_search, &config.bedrock}) {
    for (const NamedAddress& one : *names) add_host(hosts, one.address);
  }
  for (const NamedAddress& cluster : config.rds) add_database_hosts(hosts, cluster.address);
  add_host(hosts, config.dynamodb.endpoint);
  Findings findings;
  for (const std::string& host : hosts) {
    const std::string failure = resolve(host);
    if (failure.empty()) {
      findings.push_back({Severity::ok, "name", host + " can be resolved", ""});
    } else {
      findings.push_back({Severity::problem, "name", host + " cannot be resolved: " + failure,
                          "getent hosts " + host + "; cat /etc/resolv.conf"});
    }
  }
  return findings;
}

std::string resolve_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) return ::gai_strerror(failure);
  ::freeaddrinfo(found);
  return "";
}

}  // namespace eventsd::app
