// Ports and names, as the doctor tries them.
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "app/data_dir.hpp"
#include "app/doctor.hpp"
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

void add_host(std::set<std::string>& hosts, const std::string& address) {
  const auto url = net::parse_url(address);
  if (url) hosts.insert(url->host);
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
    for (const AuthProviderConfig& provider : api.auth_providers) {
      add_host(hosts, provider.open_id_connect.issuer);
      const CognitoConfig& pool = provider.cognito;
      const bool has_own = !pool.issuer.empty() ||
                           std::any_of(config.user_pools.begin(), config.user_pools.end(),
                                       [&](const auto& one) { return one.name == pool.user_pool_id; });
      if (!pool.issuer.empty()) add_host(hosts, pool.issuer);
      if (!has_own && !pool.user_pool_id.empty()) {
        hosts.insert("cognito-idp." + pool.aws_region + ".amazonaws.com");
      }
    }
  }
  for (const NamedAddress& pool : config.user_pools) add_host(hosts, pool.address);
  for (const LambdaFunctionConfig& function : config.lambda_functions) {
    add_host(hosts, function.url);
  }
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
