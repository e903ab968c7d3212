import { Array, Math, Number, Object } from '@osprofiler/core/toolkit'

/**
 * Values with more levels of nesting than this need the slower check in `toDocument`. MongoDB allows 100 levels in a
 * document.
 */
const MAX_DEPTH = 50
/** If a document has more characters than this, it may be too large for MongoDB. */
const MAX_SAFE_CHARACTERS = 1_000_000
/** The maximum number of bytes that BSON adds to a value. */
const VALUE_OVERHEAD_BYTES = 16
const MAX_INT32 = 2 ** 31

/**
 * Returns whether BSON certainly preserves `info` as well as JSON does. This is true for strings, small numbers,
 * booleans and null under ordinary keys in a small document. This check reads the object once, while a check based on
 * JSON would have to read the object several times.
 */
export function isExactInBson(info: object): boolean {
  let characters = 0

  function isExact(value: unknown, depth: number): boolean {
    characters += VALUE_OVERHEAD_BYTES
    if (typeof value === 'string') characters += value.length
    if (characters > MAX_SAFE_CHARACTERS || depth === 0) return false
    if (typeof value === 'string') return value.isWellFormed()
    if (typeof value === 'boolean' || value === null) return true
    // BSON stores integers of more than 32 bits with another type.
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

/**
 * Returns whether an object is a plain object. Returns false for an `ExactNumber`, which can be exact in JSON but not
 * as a JavaScript number.
 */
function isPlainObject(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

/** Returns whether a key has no special meaning for MongoDB or its clients. */
function isPlainKey(key: string): boolean {
  return !key.startsWith('$') && key !== '_bsontype' && key !== '__proto__' && !key.includes('\0') && key.isWellFormed()
}
