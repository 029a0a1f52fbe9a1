#include "server/data_run.hpp"

#include <gtest/gtest.h>

#include "protocol/server_message.hpp"
#include "server/outbound.hpp"

namespace eventsd::server {
namespace {

SequencedBatch batch_of(const std::vector<std::string>& payloads) {
  auto batch = std::make_shared<EventBatch>();
  for (const std::string& payload : payloads) {
    batch->events.push_back({"id", payload, protocol::data_suffix(payload)});
  }
  return {std::move(batch), 1};
}

// The frames one by one.
std::string frames_of(core::Batches batches, std::string_view id) {
  std::string all;
  for (const SequencedBatch& batch : batches) {
    for (const Event& event : batch.batch->events) {
      std::string frame(Outbound::data_size(id, event.data_suffix, "}"), '\0');
      Outbound::encode_data(frame.data(), id, event.data_suffix, "}");
      all += frame;
    }
  }
  return all;
}

class DataRunTest : public ::testing::Test {
 protected:
  std::string made(std::uint64_t hand_out, core::Batches batches, std::string_view id) {
    run_.begin(hand_out, batches, id.size());
    EXPECT_LE(frames_of(batches, id).size(), run_.most_bytes());
    return std::string(run_.frames(batches, id));
  }
  // One frame of each length of header.
  const std::vector<SequencedBatch> batches_{batch_of({"1", R"({"a":"b"})"}),
                                             batch_of({'"' + std::string(500, 'x') + '"'}),
                                             batch_of({'"' + std::string(70'000, 'y') + '"', "2"})};
  DataRun run_;
};

TEST_F(DataRunTest, MakesTheSameFramesForEverySubscriptionButForTheId) {
  for (const std::string_view id : {"aaaa", "bbbb", "cccc", "aaaa"}) {
    EXPECT_EQ(made(1, batches_, id), frames_of(batches_, id));
  }
  EXPECT_EQ(run_.events(), 5u);
  EXPECT_EQ(run_.units(), 4u + 14u);
}

TEST_F(DataRunTest, BeginsAnewForAnIdOfAnotherLength) {
  for (const std::string_view id : {"a", "bbbb", "c", "dddddddddddd", "e"}) {
    EXPECT_EQ(made(1, batches_, id), frames_of(batches_, id));
  }
}

TEST_F(DataRunTest, BeginsAnewForASubscriptionThatHasSeenSomeOfTheBatches) {
  const core::Batches all(batches_);
  for (const core::Batches batches : {all, all.subspan(1), all.subspan(2), all}) {
    EXPECT_EQ(made(1, batches, "aaaa"), frames_of(batches, "aaaa"));
  }
}

TEST_F(DataRunTest, BeginsAnewWithTheNextHandOut) {
  const std::vector<SequencedBatch> others{batch_of({"3"}), batch_of({"4"}), batch_of({"5"})};
  EXPECT_EQ(made(1, batches_, "aaaa"), frames_of(batches_, "aaaa"));
  EXPECT_EQ(made(2, others, "aaaa"), frames_of(others, "aaaa"));
  EXPECT_EQ(run_.events(), 3u);
}

}  // namespace
}  // namespace eventsd::server
