const extensions = {};
for (const name of ['evictFromApiCache', 'setSubscriptionFilter',
                    'setSubscriptionInvalidationFilter', 'invalidateSubscriptions']) {
  extensions[name] = function () {
    host.log('info', `extensions.${name} has no effect on Event APIs`, new Error().stack);
  };
}
modules['@aws-appsync/utils'] = { util, runtime, extensions };

Object.assign(globalThis, { util, runtime, extensions, console });

// Makes a shared object unchangeable. Properties of prototypes become accessors, because a plain
// object could otherwise not be given a member of the same name by assignment ("toString", "name").
const frozen = new Set();
function freeze(object) {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return;
  if (frozen.has(object)) return;
  frozen.add(object);
  const isPrototype = typeof object !== 'function' && Object.hasOwn(object, 'constructor');
  for (const key of Reflect.ownKeys(object)) {
    const property = Reflect.getOwnPropertyDescriptor(object, key);
    freeze(property.value);
    freeze(property.get);
    freeze(property.set);
    if (isPrototype && 'value' in property && property.configurable) {
      const value = property.value;
      Reflect.defineProperty(object, key, {
        get() {
          return value;
        },
        set(given) {
          if (this === object) throw new TypeError(`${String(key)} is shared and cannot change`);
          Reflect.defineProperty(this, key, {
            value: given, writable: true, enumerable: true, configurable: true,
          });
        },
        enumerable: property.enumerable,
        configurable: false,
      });
    }
  }
  freeze(Reflect.getPrototypeOf(object));
  Object.freeze(object);
}
freeze(modules);
for (const key of Reflect.ownKeys(globalThis)) {
  const property = Reflect.getOwnPropertyDescriptor(globalThis, key);
  if (key !== 'globalThis') freeze(property.value);
  if (property.configurable && 'value' in property) {
    Reflect.defineProperty(globalThis, key, { ...property, writable: false, configurable: false });
  }
}
// Prototypes that no global leads to.
freeze(Reflect.getPrototypeOf(function* () {}));
freeze(Reflect.getPrototypeOf(async function () {}));
freeze(Reflect.getPrototypeOf([][Symbol.iterator]()));
freeze(Reflect.getPrototypeOf(''[Symbol.iterator]()));
freeze(Reflect.getPrototypeOf(new Map().entries()));
freeze(Reflect.getPrototypeOf(new Set().entries()));
return modules;
})
