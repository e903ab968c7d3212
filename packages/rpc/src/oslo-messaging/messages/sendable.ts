import { ExactNumber } from '@osprofiler/core/json'
import { Array, Object, RangeError, Reflect, Set, String, shorten, TypeError, types } from '@osprofiler/core/toolkit'

/** Maximum nesting depth. Python's JSON parser accepts slightly more. */
const MAX_DEPTH = 900
const MAX_PATH_CHARS = 100

/** Objects that JSON would encode as `{}`, regardless of their content. */
const UNSENDABLE_TYPES: readonly (readonly [string, (value: unknown) => boolean])[] = [
  ['a Map', types.isMap],
  ['a Set', types.isSet],
  ['a WeakMap', types.isWeakMap],
  ['a WeakSet', types.isWeakSet],
  ['a Promise', types.isPromise],
  ['a RegExp', types.isRegExp],
  ['an Error', types.isNativeError],
  ['an ArrayBuffer', types.isAnyArrayBuffer],
  ['a generator', types.isGeneratorObject],
]

/**
 * Prepares a value for JSON. Throws in the same cases as `writeJson`. Also throws for members that JSON would omit or
 * encode as empty, without an error.
 */
export function toSendable(root: object): unknown {
  const ancestors = new Set<object>()
  const path: string[] = []

  function convert(given: unknown, name: string): unknown {
    const value = callToJson(given, name)
    if (typeof value === 'bigint') return new ExactNumber(String(value))
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new TypeError(`${describePath()} is a ${typeof value}${NO_JSON_HINT}`)
    if (typeof value !== 'object' || value === null || ExactNumber.is(value)) return value
    if (types.isBoxedPrimitive(value)) return convert(value.valueOf(), name)
    const unsendable = UNSENDABLE_TYPES.find(([, isInstance]) => isInstance(value))
    if (unsendable !== undefined) throw new TypeError(`${describePath()} is ${unsendable[0]}${NO_JSON_HINT}`)
    if (ancestors.has(value)) throw new TypeError(`${describePath()} is circular${NO_JSON_HINT}`)
    if (ancestors.size === MAX_DEPTH)
      throw new RangeError(`${describePath()} is nested more than ${MAX_DEPTH} levels deep${TOO_DEEP_HINT}`)
    ancestors.add(value)
    const converted = convertMembers(value)
    ancestors.delete(value)
    return converted
  }

  function convertMembers(value: object): unknown {
    const convertMember = (name: string, member: unknown): unknown => {
      path.push(name)
      const converted = convert(member, name)
      path.pop()
      return converted
    }
    if (Array.isArray(value)) return Array.from(value, (member, index) => convertMember(String(index), member))
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, convertMember(name, member)]))
  }

  function describePath(): string {
    return `"${shorten(path.join('.'), MAX_PATH_CHARS)}" of a message`
  }

  return convert(root, '')
}

const NO_JSON_HINT = ', which cannot be encoded as JSON. Send plain objects, arrays, strings and numbers.'
const TOO_DEEP_HINT = ', which Python cannot read.'

function callToJson(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || ExactNumber.is(value)) return value
  const toJson: unknown = Reflect.get(value, 'toJSON')
  return typeof toJson === 'function' ? Reflect.apply(toJson, value, [name]) : value
}
