import { defineHidden } from '../wrapping/override-methods.js'

const HAS_POINT = Symbol.for('osprofiler.instruments.taken')

/** An object that stands for a call, and carries the mark. A `WeakSet` would cost the garbage collector more. */
type MarkedCall = object & { [HAS_POINT]?: true }

/** Marks a call as having its point. Returns false if another installation came first, or the object is frozen. */
export function markTraced(call: object): boolean {
  return !isTraced(call) && defineHidden(call, HAS_POINT, true)
}

/** Returns whether a call has its point already, perhaps from another installation of this package. */
export function isTraced(call: object): boolean {
  return (call as MarkedCall)[HAS_POINT] === true
}
