// Makes what all calls of a context share unchangeable.
#pragma once

#include <quickjs/quickjs.h>

namespace eventsd::handler {

// Freezes the objects of an array and all that they lead to by properties, accessors and prototypes.
// Data properties of `shadowable` (an array of prototypes) become accessors: a plain object could
// otherwise not be given a member of the same name by assignment ("toString", "constructor").
//   false: the engine has no memory left
//   source  native, because it touches some thousand properties for each new context: written in
//           JavaScript it took half of the time of all calls
bool freeze_all(JSContext* context, JSValueConst roots, JSValueConst shadowable);

}  // namespace eventsd::handler
