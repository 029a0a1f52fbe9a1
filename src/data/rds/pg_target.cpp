#include "data/rds/pg_target.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>

#include "net/address_policy.hpp"
#include "net/name_resolver.hpp"

namespace eventsd::data::rds {
namespace {

namespace asio = boost::asio;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t comma = text.find(',', begin);
    parts.push_back(text.substr(begin, comma - begin));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (&part == &parts.front() ? "" : ",") + part;
  return text;
}

bool is_socket_path(const std::string& host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@');
}

// Resolves one host after the other.
class Resolving final : public std::enable_shared_from_this<Resolving> {
 public:
  Resolving(asio::io_context& io, PgTarget target, bool allow_link_local,
            std::function<void(Result<PgOptions>)> done)
      : resolver_(asio::use_service<net::NameResolver>(io)),
        target_(std::move(target)),
        allow_link_local_(allow_link_local),
        done_(std::move(done)) {}

  void next() {
    for (; at_ < target_.hosts.size(); ++at_) {
      const std::string& host = target_.hosts[at_];
      if (is_socket_path(host)) {
        add("");
        continue;
      }
      boost::system::error_code no_address;
      const auto address = asio::ip::make_address(host, no_address);
      if (!no_address) {
        add_address(address);
        continue;
      }
      resolver_.resolve(host, [self = shared_from_this()](boost::system::error_code error,
                                                          const net::Addresses& addresses) {
        if (error) self->error_ = error.message();
        for (const auto& one : addresses) self->add_address(one);
        ++self->at_;
        self->next();
      });
      return;
    }
    finish();
  }

 private:
  void add(const std::string& address) {
    hosts_.push_back(target_.hosts[at_]);
    ports_.push_back(target_.ports[at_]);
    addresses_.push_back(address);
  }

  void add_address(const asio::ip::address& address) {
    if (!allow_link_local_ && net::is_link_local_or_metadata(address)) {
      refused_ = true;
      return;
    }
    add(address.to_string());
  }

  void finish() {
    if (hosts_.empty()) {
      if (refused_) {
        return done_(fail(ErrorKind::forbidden,
                          target_.where() +
                              " is a link-local or metadata address, which eventsd does not "
                              "call (outbound.allowLinkLocal)"));
      }
      return done_(fail(ErrorKind::internal, "cannot resolve " + target_.where() + ": " + error_));
    }
    PgOptions options = target_.options;
    options.emplace_back("host", joined(hosts_));
    options.emplace_back("port", joined(ports_));
    if (std::any_of(addresses_.begin(), addresses_.end(), [](auto& a) { return !a.empty(); })) {
      options.emplace_back("hostaddr", joined(addresses_));
    }
    done_(std::move(options));
  }

  net::NameResolver& resolver_;
  const PgTarget target_;
  const bool allow_link_local_;
  const std::function<void(Result<PgOptions>)> done_;
  std::size_t at_ = 0;
  bool refused_ = false;
  std::string error_;
  std::vector<std::string> hosts_;
  std::vector<std::string> ports_;
  std::vector<std::string> addresses_;
};

}  // namespace

std::string PgTarget::where() const {
  std::string text;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0) text += ", ";
    text += hosts[i].empty() ? "the default socket" : hosts[i];
    if (!ports[i].empty()) text += ":" + ports[i];
  }
  return text;
}

Result<PgTarget> parse_pg_target(const std::string& connection_string,
                                 const std::string& database) {
  char* message = nullptr;  // may quote the password
  PQconninfoOption* const parsed = PQconninfoParse(connection_string.c_str(), &message);
  if (message) PQfreemem(message);
  if (!parsed || connection_string.empty() || connection_string.find('\0') != std::string::npos) {
    if (parsed) PQconninfoFree(parsed);
    return fail(ErrorKind::bad_request,
                "it is not a PostgreSQL connection string: write "
                "postgresql://user:password@host:5432/database or host=… dbname=…");
  }
  PgTarget target;
  std::string hosts;
  std::string addresses;
  std::string ports;
  bool has_service = false;
  for (const PQconninfoOption* option = parsed; option->keyword; ++option) {
    if (!option->val) continue;
    const std::string name = option->keyword;
    if (name == "host") {
      hosts = option->val;
    } else if (name == "hostaddr") {
      addresses = option->val;
    } else if (name == "port") {
      ports = option->val;
    } else if (name == "service") {
      has_service = true;
    } else if (name != "client_encoding" && (name != "dbname" || database.empty())) {
      target.options.emplace_back(name, option->val);
    }
  }
  PQconninfoFree(parsed);
  if (has_service) {
    return fail(ErrorKind::bad_request, "service files are not read: name the host");
  }
  const auto has = [&](std::string_view name) {
    return std::any_of(target.options.begin(), target.options.end(),
                       [&](const auto& option) { return option.first == name; });
  };
  if (!database.empty()) target.options.emplace_back("dbname", database);
  target.options.emplace_back("client_encoding", "UTF8");
  if (!has("application_name")) target.options.emplace_back("application_name", "eventsd");
  if (!has("gssencmode")) target.options.emplace_back("gssencmode", "disable");
  if (!addresses.empty()) hosts = addresses;  // names are for certificates only
  if (hosts.empty()) {
    const char* const environment = std::getenv("PGHOST");
    if (environment) hosts = environment;
  }
  target.hosts = split(hosts);
  target.ports = split(ports);
  target.ports.resize(target.hosts.size(), target.ports.size() == 1 ? target.ports.front() : "");
  return target;
}

void async_resolve_pg_target(asio::io_context& io, const PgTarget& target, bool allow_link_local,
                             std::function<void(Result<PgOptions>)> done) {
  auto resolving = std::make_shared<Resolving>(io, target, allow_link_local, std::move(done));
  asio::post(io, [resolving] { resolving->next(); });
}

}  // namespace eventsd::data::rds
