/**
 * What this folder uses of the language, taken when the package loads: a program may replace any global later. The
 * folder runs in browsers too, where `platform/` does not.
 */
const global = globalThis

export const JSON = { parse: global.JSON.parse, stringify: global.JSON.stringify }
const { defineProperty, is, keys, prototype } = global.Object
export const Object = { defineProperty, is, keys, prototype }
/** Beside `Number`, which is wanted as a class, so that no copy of it can take its place. */
export const { isFinite, isInteger, isSafeInteger } = global.Number
export const { Number, String, Array, Set, SyntaxError, TypeError } = global
