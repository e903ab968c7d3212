import { Array, Error, Math, Number, Object } from '@osprofiler/core/toolkit'

/** MongoDB takes 100 levels; more than this is worth a closer look. */
const MAX_DEPTH = 50
/** So many characters may be more than a document has room for, with what surrounds them. */
const MAX_CHARACTERS = 1_000_000
/** Of what surrounds a value in BSON, and may be more than in JSON. */
const VALUE_OVERHEAD = 16
const MAX_INT32 = 2 ** 31

class NotPlain extends Error {}

/**
 * A copy of what JSON would say of `info`, where BSON says the same: plain objects and arrays of texts, small numbers,
 * truth and null, under keys that mean nothing to MongoDB or a client of it. Undefined for anything else.
 *
 * One walk, where writing JSON and reading it again would take several.
 */
export function copyPlain(info: unknown): Record<string, unknown> | undefined {
  let characters = 0

  function copy(value: unknown, depth: number): unknown {
    characters += VALUE_OVERHEAD
    if (typeof value === 'string') characters += value.length
    if (characters > MAX_CHARACTERS || !isPlain(value) || depth === 0) throw new NotPlain()
    if (typeof value !== 'object' || value === null) return value
    return Array.isArray(value) ? Array.from(value, member => copy(member, depth - 1)) : copyObject(value, depth)
  }

  function copyObject(value: object, depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(value)) {
      if (!isPlainKey(key)) throw new NotPlain()
      characters += key.length
      members[key] = copy(member, depth - 1)
    }
    return members
  }

  try {
    return isPlain(info) && typeof info === 'object' && info !== null && !Array.isArray(info)
      ? copyObject(info, MAX_DEPTH)
      : undefined
  } catch {
    // Also of a getter's making: whoever writes the JSON meets it again, and refuses the record.
    return undefined
  }
}

/** Whether JSON and BSON say the same of a value, its members aside. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'boolean' || value === null) return true
  // Larger whole numbers want a type of their own, and -0 is 0 to JSON.
  if (typeof value === 'number') {
    return Number.isInteger(value) ? Math.abs(value) < MAX_INT32 && !Object.is(value, -0) : Number.isFinite(value)
  }
  if (typeof value !== 'object' || 'toJSON' in value) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || prototype === Array.prototype
}

/** Not of an operator, a reference or a type, and nothing that a client takes for its own. */
function isPlainKey(key: string): boolean {
  return !key.startsWith('$') && key !== '_bsontype' && key !== '__proto__' && !key.includes('\0') && key.isWellFormed()
}
