// The texts of parsed events.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eventsd/event.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::test {

// Sees to it that what subscribers get of each, which may be taken over from the client's words, is
// what would be made of its text.
inline std::vector<std::string> payloads(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  for (const Event& event : events) {
    EXPECT_EQ(event.data_suffix, protocol::data_suffix(event.payload));
    EXPECT_EQ(event.id, "");
    texts.push_back(event.payload);
  }
  return texts;
}

}  // namespace eventsd::test
