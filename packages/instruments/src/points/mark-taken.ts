import { defineHidden } from '../wrapping/override-methods.js'

const CLAIMED = Symbol.for('osprofiler.instruments.claimed')

/**
 * Whether the caller is the first to take this call for a point. The same call may be told to several who listen:
 * two installations, or two copies of this package in one process.
 *
 * A mark on the object that stands for the call: what a set of weak keys holds lives until a full collection, and
 * with it all that it leads to.
 */
export function markTaken(call: object & { [CLAIMED]?: true }): boolean {
  if (call[CLAIMED]) return false
  return defineHidden(call, CLAIMED, true)
}
