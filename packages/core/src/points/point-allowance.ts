import { dateNow, Map } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createClock } from '../recording/timestamp.js'

/** How many points one process has recorded of one trace, whichever of its requests they belong to. */
export interface PointAllowance {
  /** The clock of its points: microseconds that never run backwards, from whichever request they are. */
  readonly now: () => number
  /** Points that were recorded. How many may be is for each request's adapter to say. */
  taken: number
  /** Points that were counted and not recorded, the allowance being used up. */
  omitted: number
  /** How many of these a stop record has told of. */
  told: number
  /** Requests of this trace that are being served and will tell, at their end, of what was omitted. */
  tellers: number
  /** When a request was last let in only to tell, in milliseconds since the epoch. */
  lastGrant: number
  /** Whether the next point is recorded in any case. */
  granted: boolean
  /** Libraries that were called and are not recorded, of which no stop record has told. */
  unrecorded?: Set<string> | undefined
}

/** What a process records of one trace unless told otherwise. */
export const DEFAULT_MAX_POINTS = 100_000

// A trace may come back in many requests, one after another. Its count is kept for as long as this many others, or
// twice as many: in two maps, of which the older goes as a whole. With one entry deleted for each that is added, a
// map is full of holes, and finding its oldest entry takes microseconds.
const REMEMBERED = 1_024

const GRANT_AFTER_MS = 1_000

const allowances = shared('point-allowances', () => ({
  newer: new Map<string, PointAllowance>(),
  older: new Map<string, PointAllowance>(),
}))

/** Whether this process has lately recorded something of a trace. */
export function isKnownTrace(baseId: string): boolean {
  return knownAllowance(baseId) !== undefined
}

/** The allowance of a trace: the one it has, or a new one. */
export function openPointAllowance(baseId: string): PointAllowance {
  const allowance = knownAllowance(baseId) ?? newAllowance()
  if (allowances.newer.size >= REMEMBERED) {
    allowances.older = allowances.newer
    allowances.newer = new Map()
  }
  allowances.newer.set(baseId, allowance)
  return allowance
}

/**
 * Says that a request is served, whose own point is taken next; the function that it returns, that it has ended.
 *
 * Where the allowance is used up, and nobody else is there to tell of it, that point is recorded all the same, once in a
 * second: or a trace would not show that it was cut.
 */
export function openRequest(allowance: PointAllowance, max: number): () => void {
  if (allowance.taken >= max) {
    const now = dateNow()
    if (max === 0 || allowance.tellers > 0 || now - allowance.lastGrant < GRANT_AFTER_MS) return () => {}
    allowance.lastGrant = now
    allowance.granted = true
  }
  allowance.tellers++
  return () => {
    allowance.tellers--
  }
}

/** Takes one point of at most `max`, or counts it as omitted. */
export function takePoint(allowance: PointAllowance, max: number): boolean {
  if (allowance.taken < max || allowance.granted) {
    allowance.granted = false
    allowance.taken++
    return true
  }
  allowance.omitted++
  return false
}

/** How many points were omitted since this was last asked: what the next stop record says, so that they add up. */
export function tellOmitted(allowance: PointAllowance): number {
  const untold = allowance.omitted - allowance.told
  allowance.told = allowance.omitted
  return untold
}

/** The allowance of a trace of which this process has lately recorded something. */
export function knownAllowance(baseId: string): PointAllowance | undefined {
  return allowances.newer.get(baseId) ?? allowances.older.get(baseId)
}

function newAllowance(): PointAllowance {
  return { now: createClock(), taken: 0, omitted: 0, told: 0, tellers: 0, lastGrant: 0, granted: false }
}
