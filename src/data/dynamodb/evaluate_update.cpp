#include <algorithm>

#include "data/dynamodb/evaluate.hpp"

namespace eventsd::data::dynamodb {

namespace {

Failure invalid_path() {
  return invalid("The document path provided in the update expression is invalid for update");
}
Failure wrong_type() {
  return invalid("An operand in the update expression has an incorrect data type");
}
Failure missing_attribute() {
  return invalid("The provided expression refers to an attribute that does not exist in the item");
}

Outcome<Value> evaluate(const Operand& operand, const Item& item);

Outcome<Value> evaluate_call(const Operand& call, const Item& item) {
  if (call.function == Function::if_not_exists) {
    const Value* present = find(item, call.arguments[0].path);
    return present != nullptr ? Outcome<Value>(*present) : evaluate(call.arguments[1], item);
  }
  Outcome<Value> left = evaluate(call.arguments[0], item);
  if (!left) return left;
  const Outcome<Value> right = evaluate(call.arguments[1], item);
  if (!right) return right;
  if (call.function == Function::list_append) {
    List* list = left->get<List>();
    const List* more = right->get<List>();
    if (list == nullptr || more == nullptr) return wrong_type();
    list->insert(list->end(), more->begin(), more->end());
    return left;
  }
  const Decimal* a = left->get<Decimal>();
  const Decimal* b = right->get<Decimal>();
  if (a == nullptr || b == nullptr) return wrong_type();
  Outcome<Decimal> result =
      call.function == Function::plus ? Decimal::add(*a, *b) : Decimal::subtract(*a, *b);
  if (!result) return result.error();
  return Value{std::move(*result)};
}

Outcome<Value> evaluate(const Operand& operand, const Item& item) {
  if (operand.is_value()) return *operand.value;
  if (operand.is_function()) return evaluate_call(operand, item);
  const Value* value = find(item, operand.path);
  if (value == nullptr) return missing_attribute();
  return *value;
}

// The container that holds the last step of a path.
struct Place {
  Item* map = nullptr;
  List* list = nullptr;
};

Value* child(const Place& place, const PathStep& step) {
  if (const auto* name = std::get_if<std::string>(&step)) {
    if (place.map == nullptr) return nullptr;
    const auto found = place.map->find(*name);
    return found == place.map->end() ? nullptr : &found->second;
  }
  const std::size_t index = std::get<std::size_t>(step);
  return place.list != nullptr && index < place.list->size() ? &(*place.list)[index] : nullptr;
}

Outcome<Place> place_of(Item& item, const Path& path) {
  Place place{.map = &item};
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Value* value = child(place, path[i]);
    if (value == nullptr) return invalid_path();
    place = {.map = value->get<Item>(), .list = value->get<List>()};
  }
  const bool named = std::holds_alternative<std::string>(path.back());
  if (named ? place.map == nullptr : place.list == nullptr) return invalid_path();
  return place;
}

void put(const Place& place, const PathStep& step, Value value) {
  if (const auto* name = std::get_if<std::string>(&step)) {
    place.map->insert_or_assign(*name, std::move(value));
    return;
  }
  const std::size_t index = std::get<std::size_t>(step);
  if (index < place.list->size()) {
    (*place.list)[index] = std::move(value);
  } else {
    place.list->push_back(std::move(value));  // beyond the end: at the end
  }
}

void erase(const Place& place, const PathStep& step) {
  if (const auto* name = std::get_if<std::string>(&step)) {
    place.map->erase(*name);
    return;
  }
  const std::size_t index = std::get<std::size_t>(step);
  if (index < place.list->size()) {
    place.list->erase(place.list->begin() + static_cast<std::ptrdiff_t>(index));
  }
}

template <typename Set>
bool add_elements(Value& target, const Value& more) {
  Set* set = target.get<Set>();
  const Set* elements = more.get<Set>();
  if (set == nullptr || elements == nullptr) return false;
  set->insert(elements->begin(), elements->end());
  return true;
}

template <typename Set>
std::optional<bool> remove_elements(Value& target, const Value& less) {
  Set* set = target.get<Set>();
  const Set* elements = less.get<Set>();
  if (set == nullptr || elements == nullptr) return std::nullopt;
  for (const auto& element : *elements) set->erase(element);
  return set->empty();
}

Status add(const Place& place, const PathStep& step, const Value& operand) {
  Value* present = child(place, step);
  if (present == nullptr) {
    put(place, step, operand);
    return {};
  }
  const Decimal* a = present->get<Decimal>();
  const Decimal* b = operand.get<Decimal>();
  if (a != nullptr && b != nullptr) {
    Outcome<Decimal> sum = Decimal::add(*a, *b);
    if (!sum) return sum.error();
    present->data = std::move(*sum);
    return {};
  }
  if (add_elements<StringSet>(*present, operand) || add_elements<NumberSet>(*present, operand) ||
      add_elements<BinarySet>(*present, operand)) {
    return {};
  }
  return wrong_type();
}

Status delete_elements(const Place& place, const PathStep& step, const Value& operand) {
  Value* present = child(place, step);
  if (present == nullptr) return {};
  std::optional<bool> empty = remove_elements<StringSet>(*present, operand);
  if (!empty) empty = remove_elements<NumberSet>(*present, operand);
  if (!empty) empty = remove_elements<BinarySet>(*present, operand);
  if (!empty) return wrong_type();
  if (*empty) erase(place, step);  // there are no empty sets
  return {};
}

// List elements are named by their places before the update: what is appended beyond the end comes
// in the order of its index, what is removed goes from the back.
std::vector<const UpdateAction*> in_order(const Update& update) {
  std::vector<const UpdateAction*> actions;
  for (const UpdateAction& action : update) actions.push_back(&action);
  const auto index_of = [](const UpdateAction& action) {
    const auto* index = std::get_if<std::size_t>(&action.path.back());
    return index != nullptr ? static_cast<std::ptrdiff_t>(*index) : -1;
  };
  std::sort(actions.begin(), actions.end(), [&](const UpdateAction* a, const UpdateAction* b) {
    const bool removal = a->kind == UpdateKind::remove;
    if (removal != (b->kind == UpdateKind::remove)) return !removal;
    const std::ptrdiff_t first = index_of(removal ? *b : *a);
    const std::ptrdiff_t second = index_of(removal ? *a : *b);
    return first != second ? first < second : a < b;  // else as written
  });
  return actions;
}

}  // namespace

Outcome<Item> apply_update(const Update& update, const Item& item) {
  Item result = item;
  for (const UpdateAction* action : in_order(update)) {
    Value value;
    if (action->kind == UpdateKind::set) {
      Outcome<Value> evaluated = evaluate(action->value, item);
      if (!evaluated) return evaluated.error();
      value = std::move(*evaluated);
    }
    const Outcome<Place> place = place_of(result, action->path);
    if (!place) return place.error();
    const PathStep& step = action->path.back();
    Status status;
    switch (action->kind) {
      case UpdateKind::set:
        put(*place, step, std::move(value));
        break;
      case UpdateKind::remove:
        erase(*place, step);
        break;
      case UpdateKind::add:
        status = add(*place, step, *action->value.value);
        break;
      case UpdateKind::delete_elements:
        status = delete_elements(*place, step, *action->value.value);
        break;
    }
    if (!status) return status.error();
  }
  return result;
}

}  // namespace eventsd::data::dynamodb
