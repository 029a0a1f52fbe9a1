// One connection before thousands: what is wrong with the address or the credentials shows here.
#pragma once

#include "app/bench_socket.hpp"
#include "eventsd/result.hpp"
#include "net/connect.hpp"

namespace eventsd::app::bench {

// Connects, upgrades, and waits for the acknowledgement.
//   errors   internal, forbidden: one line that names the address and says what to do
Result<void> try_one_connection(const Access& access, const std::string& url);

}  // namespace eventsd::app::bench
