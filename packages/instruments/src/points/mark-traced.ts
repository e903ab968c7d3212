import { defineHidden } from '../wrapping/override-methods.js'

const HAS_POINT = Symbol.for('osprofiler.instruments.taken')

/**
 * An object that represents a call. A property of the object marks that the call has a point. A `WeakSet` of such
 * objects would make garbage collection slower.
 */
type MarkedCall = object & { [HAS_POINT]?: true }

/**
 * Marks a call as having a point. Returns false if another call of `instrument` has already marked the call, or if the
 * object is frozen.
 */
export function markTraced(call: object): boolean {
  return !isTraced(call) && defineHidden(call, HAS_POINT, true)
}

/** Returns whether a call already has a point, perhaps from another copy of this package. */
export function isTraced(call: object): boolean {
  return (call as MarkedCall)[HAS_POINT] === true
}
