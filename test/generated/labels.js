import { types } from 'node:util'

/** Prototypes, classes and other objects that all programs share, by name. */
const KNOWN = new Map([[globalThis, 'globalThis']])
for (const [name, value] of Object.entries({
  Function: async () => {},
  GeneratorFunction: function* () {},
  AsyncGeneratorFunction: async function* () {},
})) {
  const kind = name === 'Function' ? 'AsyncFunction' : name
  const prototype = Object.getPrototypeOf(value)
  KNOWN.set(prototype, `${kind}.prototype`).set(prototype.constructor, kind)
}
for (const type of [Object, Function, Array, Promise, Map, Date, Error, TypeError, RangeError, AggregateError]) {
  KNOWN.set(type, type.name).set(type.prototype, `${type.name}.prototype`)
}

/** Names a class or function that all programs share. */
export function nameObject(object, name) {
  KNOWN.set(object, name)
  if (object.prototype !== undefined) KNOWN.set(object.prototype, `${name}.prototype`)
}

/**
 * Creates labels for values, so that two executions of a program can be compared. A primitive is shown as a string. An
 * object is shown as the number of objects that were shown before it, so a replaced object is noticed. Showing an
 * object runs none of its code.
 */
export function createLabels() {
  const labels = new Map()

  function name(object, text) {
    labels.set(object, text)
    return object
  }

  function label(value) {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return labelPrimitive(value)
    const known = KNOWN.get(value) ?? labels.get(value)
    if (known !== undefined) return known
    name(value, `${describeKind(value)}#${labels.size}`)
    return labels.get(value)
  }

  return { name, label }
}

function labelPrimitive(value) {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  return Object.is(value, -0) ? '-0' : String(value)
}

function describeKind(object) {
  if (typeof object === 'function') return 'function'
  if (types.isPromise(object)) return 'promise'
  if (types.isNativeError(object)) return Object.getPrototypeOf(object)?.constructor?.name ?? 'error'
  return 'object'
}
