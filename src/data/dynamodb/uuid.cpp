#include "data/dynamodb/uuid.hpp"

#include <fmt/format.h>

#include <random>

namespace eventsd::data::dynamodb {

std::string make_uuid() {
  std::random_device random;
  const auto word = [&] { return static_cast<unsigned>(random()); };
  const unsigned version = (word() & 0x0fffU) | 0x4000U;
  const unsigned variant = (word() & 0x3fffU) | 0x8000U;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:08x}{:04x}", word(), word() & 0xffffU, version,
                     variant, word(), word() & 0xffffU);
}

}  // namespace eventsd::data::dynamodb
