// The globals of `json/` and `record/`, taken when the package loads, because a program may replace them later. Both
// folders also run in browsers, where `platform/` does not.
const global = globalThis

const { from, isArray } = global.Array
export const Array = { from, isArray }
export const JSON = { parse: global.JSON.parse, stringify: global.JSON.stringify }
const { floor, max, min } = global.Math
export const Math = { floor, max, min }
const { defineProperty, hasOwn, is, keys, prototype } = global.Object
export const Object = { defineProperty, hasOwn, is, keys, prototype }
/** Separate from `Number`, which is needed as a class, so no copy of it can take its place. */
export const { isFinite, isInteger, isSafeInteger, MAX_SAFE_INTEGER } = global.Number
export const { BigInt, Boolean, Map, Number, Set, String, SyntaxError, TextEncoder, TypeError } = global
