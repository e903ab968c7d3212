// These are the globals that `json/` and `record/` use. They are copied at load time, because an application may
// replace them later. Both folders also run in browsers, so they cannot use `platform/`, which needs Node.
const global = globalThis

const { from, isArray } = global.Array
export const Array = { from, isArray }
export const JSON = { parse: global.JSON.parse, stringify: global.JSON.stringify }
const { floor, max, min } = global.Math
export const Math = { floor, max, min }
const { defineProperty, hasOwn, is, keys, prototype } = global.Object
export const Object = { defineProperty, hasOwn, is, keys, prototype }
// These members are exported one by one. Unlike `Math`, `Number` is also needed as a class, so an object with copies of
// its members cannot replace it.
export const { isFinite, isInteger, isSafeInteger, MAX_SAFE_INTEGER } = global.Number
export const { BigInt, Boolean, Map, Number, Set, String, SyntaxError, TextEncoder, TypeError } = global
