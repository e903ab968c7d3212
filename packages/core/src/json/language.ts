/**
 * What this folder and `record/` use of the language, taken when the package loads: a program may replace any global later.
 * Both folders run in browsers too, where `platform/` does not.
 */
const global = globalThis

const { from, isArray } = global.Array
export const Array = { from, isArray }
export const JSON = { parse: global.JSON.parse, stringify: global.JSON.stringify }
const { floor, max, min } = global.Math
export const Math = { floor, max, min }
const { defineProperty, hasOwn, is, keys, prototype } = global.Object
export const Object = { defineProperty, hasOwn, is, keys, prototype }
/** Beside `Number`, which is wanted as a class, so that no copy of it can take its place. */
export const { isFinite, isInteger, isSafeInteger, MAX_SAFE_INTEGER } = global.Number
export const { BigInt, Boolean, Map, Number, Set, String, SyntaxError, TextEncoder, TypeError } = global
