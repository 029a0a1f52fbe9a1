// Finds a namespace by its name, several times a publish.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>

namespace eventsd::core {

// Of names that the operator has chosen: the ends and the length tell them apart, or else the
// comparison does. A stranger's name is only looked up, so nothing is gained by making many of one
// hash.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const noexcept {
    const std::size_t size = name.size();
    std::uint64_t head = 0;
    std::uint64_t tail = 0;
    if (size >= sizeof head) {
      std::memcpy(&head, name.data(), sizeof head);
      std::memcpy(&tail, name.data() + size - sizeof tail, sizeof tail);
    } else {
      for (const char c : name) head = head << 8 | static_cast<unsigned char>(c);
    }
    std::uint64_t mixed = (head ^ tail * 3 ^ size) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 32;
    return static_cast<std::size_t>(mixed);
  }
};

}  // namespace eventsd::core
