#include "handler/engine_freeze.hpp"

#include <unordered_set>
#include <vector>

#include "handler/js_value.hpp"

namespace eventsd::handler {
namespace {

JSValue shared_get(JSContext* context, JSValueConst, int, JSValueConst*, int, JSValue* kept) {
  return JS_DupValue(context, kept[0]);
}

// kept: the prototype, the property's key.
JSValue shared_set(JSContext* context, JSValueConst self, int, JSValueConst* arguments, int,
                   JSValue* kept) {
  if (!JS_IsObject(self) || JS_VALUE_GET_PTR(self) == JS_VALUE_GET_PTR(kept[0])) {
    return JS_ThrowTypeError(context, "what all handlers share cannot change");
  }
  const JSAtom key = JS_ValueToAtom(context, kept[1]);
  const int defined = JS_DefinePropertyValue(
      context, self, key, JS_DupValue(context, arguments[0]), JS_PROP_C_W_E | JS_PROP_THROW);
  JS_FreeAtom(context, key);
  return defined < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

class Freezer {
 public:
  explicit Freezer(JSContext* context) : context_(context) {}
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;
  ~Freezer() {
    for (const JSValue value : waiting_) JS_FreeValue(context_, value);
  }

  void shadow(JSValue prototype) {
    if (JS_IsObject(prototype)) shadowable_.insert(JS_VALUE_GET_PTR(prototype));
    JS_FreeValue(context_, prototype);
  }
  // Takes the reference.
  void add(JSValue value) {
    if (JS_IsObject(value) && seen_.insert(JS_VALUE_GET_PTR(value)).second) {
      waiting_.push_back(value);
    } else {
      JS_FreeValue(context_, value);
    }
  }
  bool run() {
    while (!waiting_.empty()) {
      const JsValue object(context_, waiting_.back());
      waiting_.pop_back();
      if (!freeze(object.get())) return false;
    }
    return true;
  }

 private:
  bool freeze(JSValueConst object) {
    JSPropertyEnum* names = nullptr;
    std::uint32_t count = 0;
    if (JS_GetOwnPropertyNames(context_, &names, &count, object,
                               JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK) < 0) {
      return false;
    }
    bool done = true;
    for (std::uint32_t i = 0; i < count; ++i) {
      done = done && freeze_property(object, names[i].atom);
      JS_FreeAtom(context_, names[i].atom);
    }
    js_free(context_, names);
    add(JS_GetPrototype(context_, object));
    return done && JS_PreventExtensions(context_, object) >= 0;
  }

  bool freeze_property(JSValueConst object, JSAtom key) {
    JSPropertyDescriptor property;
    if (JS_GetOwnProperty(context_, &property, object, key) <= 0) return false;
    const bool has_value = (property.flags & JS_PROP_GETSET) == 0;
    const bool can_change = (property.flags & JS_PROP_CONFIGURABLE) != 0;
    const bool is_final = !can_change && (!has_value || (property.flags & JS_PROP_WRITABLE) == 0);
    bool done = true;
    if (has_value && can_change && shadowable_.contains(JS_VALUE_GET_PTR(object))) {
      done = make_accessor(object, key, property);
    } else if (!is_final) {
      const int flags = JS_PROP_HAS_CONFIGURABLE | (has_value ? JS_PROP_HAS_WRITABLE : 0);
      done = JS_DefineProperty(context_, object, key, JS_UNDEFINED, JS_UNDEFINED, JS_UNDEFINED,
                               flags) >= 0;
    }
    add(property.value);
    add(property.getter);
    add(property.setter);
    return done;
  }

  bool make_accessor(JSValueConst object, JSAtom key, const JSPropertyDescriptor& property) {
    JSValue value = property.value;
    const JsValue name(context_, JS_AtomToValue(context_, key));
    JSValue holder[] = {object, name.get()};
    const JSValue getter = JS_NewCFunctionData(context_, shared_get, 0, 0, 1, &value);
    const JSValue setter = JS_NewCFunctionData(context_, shared_set, 1, 0, 2, holder);
    const int flags = JS_PROP_HAS_GET | JS_PROP_HAS_SET | JS_PROP_HAS_CONFIGURABLE;
    const bool done = JS_DefineProperty(context_, object, key, JS_UNDEFINED, getter, setter,
                                        flags) >= 0;
    add(getter);
    add(setter);
    return done;
  }

  JSContext* const context_;
  std::vector<JSValue> waiting_;
  std::unordered_set<void*> seen_;
  std::unordered_set<void*> shadowable_;
};

template <typename Take>
void for_each(JSContext* context, JSValueConst array, Take take) {
  std::int64_t count = 0;
  const JsValue length(context, JS_GetPropertyStr(context, array, "length"));
  JS_ToInt64(context, &count, length.get());
  for (std::int64_t i = 0; i < count; ++i) {
    take(JS_GetPropertyUint32(context, array, static_cast<std::uint32_t>(i)));
  }
}

}  // namespace

bool freeze_all(JSContext* context, JSValueConst roots, JSValueConst shadowable) {
  Freezer freezer(context);
  for_each(context, shadowable, [&](JSValue one) { freezer.shadow(one); });
  for_each(context, roots, [&](JSValue one) { freezer.add(one); });
  return freezer.run();
}

}  // namespace eventsd::handler
