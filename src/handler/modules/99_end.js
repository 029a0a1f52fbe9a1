const extensions = {};
for (const name of ['evictFromApiCache', 'setSubscriptionFilter',
                    'setSubscriptionInvalidationFilter', 'invalidateSubscriptions']) {
  extensions[name] = function () {
    host.log('info', `extensions.${name} has no effect on Event APIs`, new Error().stack);
  };
}
modules['@aws-appsync/utils'] = { util, runtime, extensions };

Object.assign(globalThis, { util, runtime, extensions, console });

// What all calls share: the globals, and prototypes that no global leads to. The host freezes these and
// all that they lead to, so that nothing that one call does is seen by another.
const iterator = [][Symbol.iterator]();
const roots = [
  globalThis, modules,
  function* () {}, async function () {}, async function* () {},
  iterator, ''[Symbol.iterator](), ''.matchAll(/x/g), new Map().entries(), new Set().entries(),
  (function* () {})(), (async function* () {})(),
  Object.getOwnPropertyDescriptor(function () { return arguments; }(), 'callee').get,
];
for (const name of ['map', 'filter', 'take', 'drop', 'flatMap']) {
  if (typeof iterator[name] === 'function') roots.push(iterator[name](name === 'take' || name === 'drop' ? 1 : show));
}
if (typeof Iterator === 'function') roots.push(Iterator.from({ next() {} }));
// Their members may be given to objects by assignment, as in `o.toString = …` or `e.name = …`.
const shadowable = [Object, Function, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError,
                    URIError, AggregateError].map((one) => one.prototype);
return { modules, roots, shadowable };
})
