// The places in which a co_await may stand. GCC before 13 miscompiles those of the second half
// (crash, use after free, double free); the product avoids them, and the compiler that builds it
// has to get them right all the same. Every value is a long string, so that the address sanitizer
// sees a temporary that is destroyed early or twice.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eventsd/task.hpp"

namespace eventsd {
namespace {

const std::string kLong(100, 'x');

// Waits where it is told to, so that every form suspends with its temporaries alive.
struct Gate {
  std::vector<Completion<int>*> waiting;
  Task<std::string> pass(std::string text) {
    Completion<int> opened;
    waiting.push_back(&opened);
    (void)co_await opened;
    co_return text;
  }
  Task<bool> is_open(std::string) {
    const std::string text = co_await pass(kLong);
    co_return text == kLong;
  }
  void open() {
    while (!waiting.empty()) {
      Completion<int>* const next = waiting.back();
      waiting.pop_back();
      next->complete(0);
    }
  }
};

using Form = Task<void> (*)(Gate&, std::string&);

Task<void> named_variable(Gate& gate, std::string& out) {
  const std::string text = co_await gate.pass(kLong);
  out = text;
}
Task<void> argument(Gate& gate, std::string& out) { out.append(co_await gate.pass(kLong)); }
Task<void> beside_a_temporary(Gate& gate, std::string& out) {
  out = (std::string(kLong) + co_await gate.pass(kLong)).substr(kLong.size());
}
Task<std::string> returned_from(Gate& gate) { co_return co_await gate.pass(kLong); }
Task<void> returned(Gate& gate, std::string& out) {
  const std::string text = co_await returned_from(gate);
  out = text;
}
Task<void> loop_range(Gate& gate, std::string& out) {
  for (const char c : co_await gate.pass(kLong)) out += c;
}
Task<void> if_initialiser(Gate& gate, std::string& out) {
  if (const std::string text = co_await gate.pass(kLong); !text.empty()) out = text;
}

// The forms that the style guide forbids.
Task<void> if_condition(Gate& gate, std::string& out) {
  if (co_await gate.is_open(std::string(kLong))) out = kLong;
}
Task<void> compared(Gate& gate, std::string& out) {
  if ((co_await gate.pass(std::string(kLong))) == kLong) out = kLong;
}
Task<void> while_condition(Gate& gate, std::string& out) {
  while (co_await gate.is_open(std::string(kLong))) {
    out = kLong;
    break;
  }
}
Task<void> switch_condition(Gate& gate, std::string& out) {
  switch ((co_await gate.pass(std::string(kLong))).size()) {
    case 100:
      out = kLong;
      break;
    default:
      break;
  }
}
Task<void> conditional(Gate& gate, std::string& out) {
  out = (co_await gate.is_open(std::string(kLong))) ? std::string(kLong) : std::string();
}

class CoroutineForm : public ::testing::TestWithParam<Form> {};

TEST_P(CoroutineForm, KeepsItsTemporariesOverASuspension) {
  Gate gate;
  std::string out;
  int errors = 0;
  TaskGroup tasks([&](std::exception_ptr) { ++errors; });
  tasks.spawn(GetParam()(gate, out));
  EXPECT_EQ(tasks.running(), 1u);
  gate.open();
  EXPECT_EQ(out, kLong);
  EXPECT_EQ(tasks.running(), 0u);
  EXPECT_EQ(errors, 0);
}

INSTANTIATE_TEST_SUITE_P(Allowed, CoroutineForm,
                         ::testing::Values(&named_variable, &argument, &beside_a_temporary,
                                           &returned, &loop_range, &if_initialiser));
INSTANTIATE_TEST_SUITE_P(Avoided, CoroutineForm,
                         ::testing::Values(&if_condition, &compared, &while_condition,
                                           &switch_condition, &conditional));

}  // namespace
}  // namespace eventsd
