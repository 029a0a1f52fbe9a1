#include "cluster/mailbox.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace eventsd::cluster {
namespace {

class MailboxTest : public ::testing::Test {
 protected:
  MailboxTest() {
    mailbox_.set_reader([this](std::vector<Message>& messages) {
      ++batches_;
      bytes_while_read_ = mailbox_.bytes();
      for (Message& message : messages) std::get<Call>(message)();
    });
  }
  void push(int number, std::uint64_t bytes = 0) {
    mailbox_.push(Call([this, number] { read_.push_back(number); }), bytes);
  }

  boost::asio::io_context io_;
  Mailbox mailbox_{io_};
  std::vector<int> read_;
  int batches_ = 0;
  std::uint64_t bytes_while_read_ = 0;
};

TEST_F(MailboxTest, IsReadInOrderAndInOneBatch) {
  for (int i = 0; i < 5; ++i) push(i);
  EXPECT_TRUE(read_.empty());
  EXPECT_EQ(io_.poll(), 1u);
  EXPECT_EQ(read_, (std::vector{0, 1, 2, 3, 4}));
  EXPECT_EQ(batches_, 1);
}

TEST_F(MailboxTest, TakesMessagesWhileItIsRead) {
  mailbox_.push(Call([this] { push(1); }));
  io_.poll();
  EXPECT_EQ(read_, (std::vector{1}));
  EXPECT_EQ(batches_, 2);
}

TEST_F(MailboxTest, WakesItsReaderAgainAfterABatch) {
  push(1);
  io_.poll();
  io_.restart();
  push(2);
  io_.poll();
  EXPECT_EQ(read_, (std::vector{1, 2}));
}

TEST_F(MailboxTest, CountsBytesUntilTheyHaveBeenHandled) {
  push(1, 30);
  push(2, 12);
  EXPECT_EQ(mailbox_.bytes(), 42u);
  io_.poll();
  EXPECT_EQ(bytes_while_read_, 42u);
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

TEST_F(MailboxTest, CountsWhatComesWhileItIsRead) {
  mailbox_.push(Call([this] { push(1, 5); }), 10);
  io_.poll_one();
  EXPECT_EQ(mailbox_.bytes(), 5u);
  io_.poll();
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

TEST_F(MailboxTest, IsEmptyAfterADrainThatFoundNothing) {
  push(1, 3);
  mailbox_.drain();
  io_.poll();
  EXPECT_EQ(read_, (std::vector{1}));
  EXPECT_EQ(batches_, 1);
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

TEST_F(MailboxTest, KeepsTheOrderOfEachSendingThread) {
  constexpr int kEach = 2000;
  const auto work = boost::asio::make_work_guard(io_);
  std::vector<std::jthread> senders;
  for (int sender = 0; sender < 2; ++sender) {
    senders.emplace_back([this, sender] {
      for (int i = 0; i < kEach; ++i) push(sender * kEach + i, 1);
    });
  }
  while (read_.size() < 2 * kEach) io_.run_one();
  int next[] = {0, kEach};
  for (const int number : read_) EXPECT_EQ(number, next[number / kEach]++);
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

TEST_F(MailboxTest, CountsRightlyAfterAMessageThatCouldNotBeHandled) {
  mailbox_.set_reader([](std::vector<Message>& messages) {
    handle_each(messages, [](Message& message) { std::get<Call>(message)(); });
  });
  push(1, 5);
  mailbox_.push(Call([] { throw std::bad_alloc(); }), 7);
  push(2, 11);
  EXPECT_THROW(io_.poll(), std::bad_alloc);
  EXPECT_EQ(mailbox_.bytes(), 0u);
  EXPECT_EQ(read_, (std::vector{1, 2}));  // the others were handled
  push(3, 13);
  EXPECT_EQ(mailbox_.bytes(), 13u);
  io_.restart();
  io_.poll();
  EXPECT_EQ(read_, (std::vector{1, 2, 3}));
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

TEST_F(MailboxTest, TakesSeveralAtOnceInTheirOrder) {
  std::vector<Message> several;
  for (int i = 1; i <= 3; ++i) several.push_back(Call([this, i] { read_.push_back(i); }));
  push(0, 2);
  mailbox_.push_all(several, 40);
  push(4);
  EXPECT_TRUE(several.empty());
  EXPECT_EQ(mailbox_.bytes(), 42u);
  io_.poll();
  EXPECT_EQ(read_, (std::vector{0, 1, 2, 3, 4}));
  EXPECT_EQ(batches_, 1);
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

TEST_F(MailboxTest, IsNotWokenByNothing) {
  std::vector<Message> none;
  mailbox_.push_all(none, 0);
  EXPECT_EQ(io_.poll(), 0u);
}

TEST_F(MailboxTest, CountsWhatItsReaderKeeps) {
  mailbox_.keep(8);
  EXPECT_EQ(mailbox_.bytes(), 8u);
  mailbox_.let_go(8);
  EXPECT_EQ(mailbox_.bytes(), 0u);
}

}  // namespace
}  // namespace eventsd::cluster
