import { dateNow, Map, Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createClock } from '../recording/timestamp.js'

/** Default limit for the points that a process records of one trace. */
export const DEFAULT_MAX_POINTS = 100_000

// A trace may come back in later requests, so it is remembered for 1,024 to 2,048 other traces. The older of two maps
// is dropped as a whole: finding the oldest entry of a map that is full of deleted ones takes microseconds.
const MAX_REMEMBERED_TRACES = 1_024

const GRANT_INTERVAL_MS = 1_000

/** Everything that one process has recorded of a trace, across all requests of that trace. */
export class KnownTrace {
  /** Clock for the points of all requests: microseconds that never run backwards. */
  readonly now = createClock()
  #recorded = 0
  /** Number of points that were counted but not recorded, and how many of them a stop record has reported. */
  #omitted = 0
  #reported = 0
  /** Number of requests being served that will report the omitted points at their end. */
  #reporters = 0
  /** Time when a request was last admitted only to report omitted points, in milliseconds since the epoch. */
  #grantedAt = 0
  /** Whether the next point is recorded even beyond the limit. */
  #isGranted = false
  #unrecorded: Set<string> | undefined

  /** Records one point, or counts the point as omitted. Each adapter sets its own limit, so callers pass `max`. */
  countPoint(max: number): boolean {
    if (this.#recorded < max || this.#isGranted) {
      this.#isGranted = false
      this.#recorded++
      return true
    }
    this.#omitted++
    return false
  }

  /** Returns how many points were omitted since the last call, so that the stop records add up. */
  takeOmittedCount(): number {
    const unreported = this.#omitted - this.#reported
    this.#reported = this.#omitted
    return unreported
  }

  /**
   * Registers a request before its own point. Returns whether the request reports the omitted points. A trace must show
   * that it was cut: beyond `max`, one such point per second is recorded, unless another open request reports.
   */
  openReporter(max: number): boolean {
    if (this.#recorded >= max) {
      const now = dateNow()
      if (max === 0 || this.#reporters > 0 || now - this.#grantedAt < GRANT_INTERVAL_MS) return false
      this.#grantedAt = now
      this.#isGranted = true
    }
    this.#reporters++
    return true
  }

  closeReporter(): void {
    this.#reporters--
  }

  noteUnrecorded(library: string): void {
    this.#unrecorded ??= new Set()
    this.#unrecorded.add(library)
  }

  takeUnrecorded(): Iterable<string> | undefined {
    const noted = this.#unrecorded
    this.#unrecorded = undefined
    return noted
  }
}

const knownTraces = shared('known-traces', () => ({
  newer: new Map<string, KnownTrace>(),
  older: new Map<string, KnownTrace>(),
}))

/** Returns the trace, if this process has recently recorded part of it. */
export function findKnownTrace(baseId: string): KnownTrace | undefined {
  return knownTraces.newer.get(baseId) ?? knownTraces.older.get(baseId)
}

/** Finds or creates the trace of an id. The process remembers the trace for at least 1,024 further traces. */
export function openKnownTrace(baseId: string): KnownTrace {
  return rememberTrace(baseId, findKnownTrace(baseId))
}

/** Does the same as `openKnownTrace` after `findKnownTrace`, without a second lookup. A lookup takes microseconds. */
export function rememberTrace(baseId: string, known: KnownTrace | undefined): KnownTrace {
  const trace = known ?? new KnownTrace()
  if (knownTraces.newer.size >= MAX_REMEMBERED_TRACES && !knownTraces.newer.has(baseId)) {
    knownTraces.older = knownTraces.newer
    knownTraces.newer = new Map()
  }
  knownTraces.newer.set(baseId, trace)
  return trace
}
