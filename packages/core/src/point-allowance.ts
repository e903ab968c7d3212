import { shared } from './shared-state.js'
import { createClock } from './timestamp.js'

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
  /** The caller's point that the newest request of this trace named. */
  lastParentId?: string
}

/** What a process records of one trace unless told otherwise. */
export const DEFAULT_MAX_POINTS = 100_000

// A trace may come back in many requests, one after another. Its count is kept for as long as this many others.
const MAX_REMEMBERED = 4_096

const allowances = shared('point-allowances', () => new Map<string, PointAllowance>())

/** The allowance of a trace of which this process has lately served something. */
export function knownAllowance(baseId: string): PointAllowance | undefined {
  return allowances.get(baseId)
}

/** The allowance of a trace: the one it has, or a new one. */
export function openPointAllowance(baseId: string): PointAllowance {
  const allowance = allowances.get(baseId) ?? { now: createClock(), taken: 0, omitted: 0, told: 0 }
  // Put at the end: what goes first is what was longest unused.
  allowances.delete(baseId)
  allowances.set(baseId, allowance)
  if (allowances.size > MAX_REMEMBERED) {
    const [oldest] = allowances.keys()
    if (oldest !== undefined) allowances.delete(oldest)
  }
  return allowance
}

/** Takes one point of at most `max`, or counts it as omitted. */
export function takePoint(allowance: PointAllowance, max: number): boolean {
  if (allowance.taken < max) {
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
