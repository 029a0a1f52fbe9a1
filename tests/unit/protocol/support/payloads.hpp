// The texts of parsed events.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eventsd/event.hpp"
#include "protocol/client_message.hpp"
#include "protocol/server_message.hpp"

namespace eventsd::test {

// Sees to it that what subscribers get of each, which may be taken over from the client's words, is
// what would be made of its text.
inline std::vector<std::string> payloads(const protocol::Publish& publish) {
  std::vector<std::string> texts;
  for (const Event& event : publish.batch->events) {
    const std::string payload = protocol::payload_of(event);
    EXPECT_EQ(event.data_suffix, protocol::data_suffix(payload));
    EXPECT_EQ(event.payload_size, payload.size());
    EXPECT_EQ(event.index, texts.size());
    EXPECT_EQ(event.id, "");
    texts.push_back(payload);
  }
  return texts;
}

}  // namespace eventsd::test
