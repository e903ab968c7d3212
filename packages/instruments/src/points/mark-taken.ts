import { defineHidden } from '../wrapping/override-methods.js'

const TAKEN = Symbol.for('osprofiler.instruments.taken')

/** An object that stands for a call: a request, a command, or options that a library hands on to itself. */
type MarkedCall = object & { [TAKEN]?: true }

/**
 * Marks a call as one that has its point. Returns whether the caller is the first to do so, and could. Several may be told of
 * the same call: two installations, or two copies of this package in one process.
 *
 * The object that stands for the call has the mark, because a set of weak keys costs the collector more.
 */
export function markTaken(call: object): boolean {
  return !isTaken(call) && defineHidden(call, TAKEN, true)
}

/** Whether a call has its point. */
export function isTaken(call: object): boolean {
  return (call as MarkedCall)[TAKEN] === true
}
