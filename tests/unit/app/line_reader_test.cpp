#include "app/line_reader.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "unit/net/support/temp_dir.hpp"

namespace eventsd::app {
namespace {

using ::testing::ElementsAre;

class LineReaderTest : public ::testing::Test {
 protected:
  // Reads to the end of `descriptor`.
  std::string read_all(int descriptor) {
    LineReader reader(context_, descriptor);
    while (!reader.at_end()) {
      reader.read(lines_, [] {});
      context_.run();
      context_.restart();
    }
    return reader.fault();
  }
  boost::asio::io_context context_{1};
  std::deque<std::string> lines_;
  test::TempDir dir_;
};

TEST_F(LineReaderTest, ReadsAPipeToItsLastLineWithoutLineBreak) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "a\r\n\nb", 5), 5);
  ::close(ends[1]);
  EXPECT_EQ(read_all(ends[0]), "");
  EXPECT_THAT(lines_, ElementsAre("a", "", "b"));
  ::close(ends[0]);
}

TEST_F(LineReaderTest, ReadsARegularFileAndLeavesItsDescriptorOpen) {
  const std::string long_line(100'000, 'x');
  const int file = ::open(dir_.write("lines", "a\n" + long_line + "\n").c_str(), O_RDONLY);
  EXPECT_EQ(read_all(file), "");
  EXPECT_THAT(lines_, ElementsAre("a", long_line));
  EXPECT_EQ(::close(file), 0);
}

TEST_F(LineReaderTest, GivesUpOnALineWithoutEnd) {
  const std::string endless(LineReader::kMaxLineBytes + 1, 'x');
  const int file = ::open(dir_.write("endless", endless).c_str(), O_RDONLY);
  EXPECT_NE(read_all(file), "");
  EXPECT_TRUE(lines_.empty());
  ::close(file);
}

}  // namespace
}  // namespace eventsd::app
