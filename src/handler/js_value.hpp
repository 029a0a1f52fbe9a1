// Values of the engine, counted.
#pragma once

#include <quickjs/quickjs.h>

#include <string>
#include <string_view>
#include <utility>

// The engine's header makes values with compound literals.
#pragma clang diagnostic ignored "-Wc99-extensions"

namespace eventsd::handler {

// Owns one reference.
class JsValue {
 public:
  JsValue() = default;
  JsValue(JSContext* context, JSValue value) : context_(context), value_(value) {}
  JsValue(JsValue&& other) noexcept
      : context_(other.context_), value_(std::exchange(other.value_, JS_UNDEFINED)) {}
  JsValue& operator=(JsValue&& other) noexcept {
    if (this != &other) {
      reset();
      context_ = other.context_;
      value_ = std::exchange(other.value_, JS_UNDEFINED);
    }
    return *this;
  }
  ~JsValue() { reset(); }

  JSValue get() const { return value_; }
  JSValue release() { return std::exchange(value_, JS_UNDEFINED); }
  bool is_exception() const { return JS_IsException(value_); }
  bool is_undefined() const { return JS_IsUndefined(value_); }
  bool is_object() const { return JS_IsObject(value_); }
  bool is_function() const { return JS_IsFunction(context_, value_); }

  JsValue property(const char* name) const {
    return {context_, JS_GetPropertyStr(context_, value_, name)};
  }

  // The value as text; empty when it has none.
  std::string text() const {
    std::size_t size = 0;
    const char* const bytes = JS_ToCStringLen(context_, &size, value_);
    if (!bytes) {
      JS_FreeValue(context_, JS_GetException(context_));
      return {};
    }
    std::string out(bytes, size);
    JS_FreeCString(context_, bytes);
    return out;
  }

 private:
  void reset() {
    if (context_) JS_FreeValue(context_, value_);
    value_ = JS_UNDEFINED;
  }
  JSContext* context_ = nullptr;
  JSValue value_ = JS_UNDEFINED;
};

}  // namespace eventsd::handler
