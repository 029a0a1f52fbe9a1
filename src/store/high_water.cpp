#include "store/high_water.hpp"

#include <cstdio>
#include <fstream>

namespace eventsd::store {

std::optional<std::uint64_t> HighWater::read() const {
  std::ifstream file(path_);
  std::uint64_t sum = 0;
  if (file >> sum) return sum;
  return std::nullopt;
}

bool HighWater::is_older(std::uint64_t sum) const {
  const std::optional<std::uint64_t> before = read();
  return before ? sum < *before : sum > 0;
}

void HighWater::note(std::uint64_t sum) {
  if (noted_ == sum) return;
  // Replaced whole: half a number would be a smaller one.
  const std::string next = path_ + ".new";
  {
    std::ofstream file(next, std::ios::trunc);
    file << sum << '\n';
    if (!file.flush()) return;
  }
  if (std::rename(next.c_str(), path_.c_str()) == 0) noted_ = sum;
}

}  // namespace eventsd::store
