/**
 * What this folder uses of the language, taken when the package loads: a program may replace any global later. The
 * folder runs in browsers too, where `platform/` does not.
 */
const global = globalThis

const { floor, max, min } = global.Math
export const Math = { floor, max, min }
const { hasOwn, keys } = global.Object
export const Object = { hasOwn, keys }
const { isFinite, isInteger, isSafeInteger, MAX_SAFE_INTEGER } = global.Number
export const Number = { isFinite, isInteger, isSafeInteger, MAX_SAFE_INTEGER }
const { isArray } = global.Array
export const Array = { isArray }
const { stringify } = global.JSON
export const JSON = { stringify }
export const { BigInt, Boolean, Map, Set, String, TextEncoder } = global
