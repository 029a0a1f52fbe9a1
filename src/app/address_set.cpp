#include "app/address_set.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace eventsd::app {
namespace {

namespace ip = boost::asio::ip;

bool in_block(const ip::address& address, const std::string& block) {
  boost::system::error_code error;
  if (block.find('/') == std::string::npos) {
    const ip::address single = ip::make_address(block, error);
    return !error && single == address;
  }
  if (address.is_v4()) {
    const ip::network_v4 network = ip::make_network_v4(block, error);
    return !error && ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                         network.canonical();
  }
  const ip::network_v6 network = ip::make_network_v6(block, error);
  return !error && ip::network_v6(address.to_v6(), network.prefix_length()).canonical() ==
                       network.canonical();
}

}  // namespace

bool address_in(std::string_view text, const std::vector<std::string>& blocks) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  if (error) return false;
  for (const std::string& block : blocks) {
    if (in_block(address, block)) return true;
  }
  return false;
}

}  // namespace eventsd::app
