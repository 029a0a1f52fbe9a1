// Says once that a data source does not answer, and once that it does again.
#pragma once

#include <string>
#include <string_view>

namespace eventsd::data {

//   thread   one, that of the source's I/O
class Outage {
 public:
  // `source` is the data source's name.
  explicit Outage(std::string source) : source_(std::move(source)) {}

  // The first of a row is a warning, the others are for debugging: a broken endpoint under load
  // does not fill the log.
  void failed(std::string_view reason);
  void answered();

 private:
  const std::string source_;
  bool failing_ = false;
};

}  // namespace eventsd::data
