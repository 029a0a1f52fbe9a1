// Names to addresses, on threads of their own: a slow name holds up no other.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eventsd::net {

using Addresses = std::vector<boost::asio::ip::address>;

// The system's resolver, getaddrinfo(3): hosts file, DNS, whatever nsswitch.conf says. Blocks.
Addresses look_up(const std::string& host, boost::system::error_code& error);

// A service of an io_context, as asio's own resolver is:
// boost::asio::use_service<NameResolver>(io). That one has a single thread, which a name server
// that does not answer holds for half a minute. Here a name has one thread, however many wait for
// it, and up to eight names are looked up at once. A thread that is still looking up when the
// context ends is left to itself.
//   thread   any
class NameResolver final : public boost::asio::execution_context::service {
 public:
  using Lookup = std::function<Addresses(const std::string&, boost::system::error_code&)>;
  using Handler = std::function<void(boost::system::error_code, const Addresses&)>;
  static constexpr std::size_t kMaxThreads = 8;
  static boost::asio::execution_context::id id;

  explicit NameResolver(boost::asio::io_context& context);
  ~NameResolver() override;

  // `handler` is called once, on the context's thread, never from within this call. It does not
  // keep the context's run() from returning.
  void resolve(const std::string& host, Handler handler);

  // Instead of look_up(), for what is asked from now on.
  void set_lookup(Lookup lookup);

 private:
  struct State;
  static void work(const std::shared_ptr<State>& state);
  void shutdown() noexcept override;
  const std::shared_ptr<State> state_;
};

}  // namespace eventsd::net
