import { defineHidden } from '../wrapping/override-methods.js'

const TAKEN = Symbol.for('osprofiler.instruments.taken')

/** An object that stands for a call, and carries the mark. A `WeakSet` would cost the garbage collector more. */
type MarkedCall = object & { [TAKEN]?: true }

/** Marks a call as having its point. Returns false if another installation came first, or the object is frozen. */
export function markTaken(call: object): boolean {
  return !isTaken(call) && defineHidden(call, TAKEN, true)
}

/** Returns whether a call has its point already, perhaps from another installation of this package. */
export function isTaken(call: object): boolean {
  return (call as MarkedCall)[TAKEN] === true
}
