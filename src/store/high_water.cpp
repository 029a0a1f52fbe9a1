#include "store/high_water.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>

namespace eventsd::store {

std::optional<HighWater::Noted> HighWater::read() const {
  std::ifstream file(path_);
  Noted noted;
  if (!(file >> noted.sum)) return std::nullopt;
  file >> noted.identity;
  return noted;
}

// What chmod, chown and a move within the file system leave as it is. A freed inode is soon used
// again, hence the time of birth.
std::string HighWater::identity() const {
  struct statx found = {};
  if (::statx(AT_FDCWD, database_.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return {};
  if ((found.stx_mask & STATX_INO) == 0) return {};
  std::string text = std::to_string(found.stx_ino);
  if ((found.stx_mask & STATX_BTIME) != 0) {
    text += ":" + std::to_string(found.stx_btime.tv_sec) + "." +
            std::to_string(found.stx_btime.tv_nsec);
  }
  return text;
}

bool HighWater::is_older(std::uint64_t sum) const {
  const std::optional<Noted> before = read();
  if (!before) return sum > 0;
  if (sum < before->sum) return true;
  return sum > 0 && !before->identity.empty() && before->identity != identity();
}

void HighWater::note(std::uint64_t sum) {
  if (noted_ == sum) return;
  // Replaced whole: half a number would be a smaller one.
  const std::string next = path_ + ".new";
  {
    std::ofstream file(next, std::ios::trunc);
    file << sum << '\n' << identity() << '\n';
    if (!file.flush()) return;
  }
  if (std::rename(next.c_str(), path_.c_str()) == 0) noted_ = sum;
}

}  // namespace eventsd::store
