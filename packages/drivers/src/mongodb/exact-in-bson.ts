import { Array, Math, Number, Object } from '@osprofiler/core/toolkit'

/** MongoDB allows 100 levels. A deeper value than this is checked in detail. */
const MAX_DEPTH = 50
/** A document with more characters may be too large for MongoDB. */
const MAX_SAFE_CHARACTERS = 1_000_000
/** The most bytes that BSON has around a value. */
const VALUE_OVERHEAD_BYTES = 16
const MAX_INT32 = 2 ** 31

/**
 * Returns whether BSON surely keeps `info` as JSON does: strings, small numbers, booleans and null, under ordinary
 * keys, in a small document. One walk is enough, while writing JSON would take several.
 */
export function isExactInBson(info: object): boolean {
  let characters = 0

  function isExact(value: unknown, depth: number): boolean {
    characters += VALUE_OVERHEAD_BYTES
    if (typeof value === 'string') characters += value.length
    if (characters > MAX_SAFE_CHARACTERS || depth === 0) return false
    if (typeof value === 'string') return value.isWellFormed()
    if (typeof value === 'boolean' || value === null) return true
    // Larger integers need a type of their own.
    if (typeof value === 'number') return Number.isInteger(value) ? Math.abs(value) < MAX_INT32 : Number.isFinite(value)
    if (Array.isArray(value)) return value.every(member => isExact(member, depth - 1))
    return typeof value === 'object' && isPlainObject(value) && areMembersExact(value, depth)
  }

  function areMembersExact(value: object, depth: number): boolean {
    return Object.entries(value).every(([key, member]) => {
      characters += key.length
      return isPlainKey(key) && isExact(member, depth - 1)
    })
  }

  return areMembersExact(info, MAX_DEPTH)
}

/** Returns false for an `ExactNumber`, which JSON writes exactly and a JavaScript number cannot hold. */
function isPlainObject(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

/** Returns whether a key has no special meaning for MongoDB or its clients. */
function isPlainKey(key: string): boolean {
  return !key.startsWith('$') && key !== '_bsontype' && key !== '__proto__' && !key.includes('\0') && key.isWellFormed()
}
