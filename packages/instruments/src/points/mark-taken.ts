import { defineHidden } from '../wrapping/override-methods.js'

const TAKEN = Symbol.for('osprofiler.instruments.taken')

/** An object that stands for a call: a request, a command, or options that a library hands on to itself. */
type MarkedCall = object & { [TAKEN]?: true }

/**
 * Marks a call as one that has its point. Returns whether the caller is the first to do so, and could: the same call may be
 * told to several who listen, two installations or two copies of this package in one process.
 *
 * A mark on the object that stands for the call: what a set of weak keys holds lives until a full collection, and
 * with it all that it leads to.
 */
export function markTaken(call: object): boolean {
  return !isTaken(call) && defineHidden(call, TAKEN, true)
}

/** Whether a call has its point. */
export function isTaken(call: object): boolean {
  return (call as MarkedCall)[TAKEN] === true
}
