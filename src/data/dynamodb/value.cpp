#include "data/dynamodb/value.hpp"

#include <array>

namespace eventsd::data::dynamodb {

namespace {

constexpr std::array<std::string_view, 10> kTypeNames = {"NULL", "BOOL", "S",  "N",  "B",
                                                         "L",    "M",    "SS", "NS", "BS"};
constexpr std::size_t kDocumentOverhead = 3;
constexpr std::size_t kElementOverhead = 1;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

bool operator==(const Value& a, const Value& b) { return a.data == b.data; }

std::optional<std::strong_ordering> compare(const Value& a, const Value& b) {
  if (a.type() != b.type()) return std::nullopt;
  switch (a.type()) {
    case Type::string:
      return a.get<std::string>()->compare(*b.get<std::string>()) <=> 0;
    case Type::number:
      return *a.get<Decimal>() <=> *b.get<Decimal>();
    case Type::binary:
      return a.get<Binary>()->bytes.compare(b.get<Binary>()->bytes) <=> 0;
    default:
      return std::nullopt;
  }
}

std::string_view type_name(Type type) { return kTypeNames.at(static_cast<std::size_t>(type)); }

std::optional<Type> type_of_name(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames.at(i) == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

std::size_t size_of(const Value& value) {
  return std::visit(Overloaded{
                        [](Null) -> std::size_t { return 1; },
                        [](bool) -> std::size_t { return 1; },
                        [](const std::string& text) { return text.size(); },
                        [](const Decimal& number) { return number.size(); },
                        [](const Binary& binary) { return binary.bytes.size(); },
                        [](const List& list) {
                          std::size_t size = kDocumentOverhead;
                          for (const Value& element : list)
                            size += kElementOverhead + size_of(element);
                          return size;
                        },
                        [](const Item& map) {
                          return kDocumentOverhead + map.size() * kElementOverhead + size_of(map);
                        },
                        [](const StringSet& set) {
                          std::size_t size = 0;
                          for (const std::string& element : set) size += element.size();
                          return size;
                        },
                        [](const NumberSet& set) {
                          std::size_t size = 0;
                          for (const Decimal& element : set) size += element.size();
                          return size;
                        },
                        [](const BinarySet& set) {
                          std::size_t size = 0;
                          for (const Binary& element : set) size += element.bytes.size();
                          return size;
                        },
                    },
                    value.data);
}

std::size_t size_of(const Item& item) {
  std::size_t size = 0;
  for (const auto& [name, value] : item) size += name.size() + size_of(value);
  return size;
}

}  // namespace eventsd::data::dynamodb
