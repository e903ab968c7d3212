import { Array, Math, Number, Object } from '@osprofiler/core/toolkit'

/** MongoDB takes 100 levels; more than this is worth a closer look. */
const MAX_DEPTH = 50
/** So many characters may be more than a document has room for, with what surrounds them. */
const MAX_CHARACTERS = 1_000_000
/** Of what surrounds a value in BSON, and may be more than in JSON. */
const VALUE_OVERHEAD = 16
const MAX_INT32 = 2 ** 31

/**
 * Whether BSON says of `info` what JSON says: texts, small numbers, truth and null, under keys that mean nothing to MongoDB
 * or a client of it, in a document that has room for them. One walk, where writing JSON would take several.
 */
export function isAlikeInBson(info: object): boolean {
  let characters = 0

  function isAlike(value: unknown, depth: number): boolean {
    characters += VALUE_OVERHEAD
    if (typeof value === 'string') characters += value.length
    if (characters > MAX_CHARACTERS || depth === 0) return false
    if (typeof value === 'string') return value.isWellFormed()
    if (typeof value === 'boolean' || value === null) return true
    // Larger whole numbers want a type of their own.
    if (typeof value === 'number') return Number.isInteger(value) ? Math.abs(value) < MAX_INT32 : Number.isFinite(value)
    if (Array.isArray(value)) return value.every(member => isAlike(member, depth - 1))
    return typeof value === 'object' && isPlain(value) && areAlike(value, depth)
  }

  function areAlike(value: object, depth: number): boolean {
    return Object.entries(value).every(([key, member]) => {
      characters += key.length
      return isPlainKey(key) && isAlike(member, depth - 1)
    })
  }

  return areAlike(info, MAX_DEPTH)
}

/** Not a number that JSON tells exactly and JavaScript does not. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

/** Not of an operator, a reference or a type, and nothing that a client takes for its own. */
function isPlainKey(key: string): boolean {
  return !key.startsWith('$') && key !== '_bsontype' && key !== '__proto__' && !key.includes('\0') && key.isWellFormed()
}
