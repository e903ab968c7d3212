import { dateNow, Map, Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createClock } from '../recording/timestamp.js'

/** Default maximum number of points that a process records per trace. */
export const DEFAULT_MAX_POINTS = 100_000

// Later requests may belong to the same trace, so the process remembers a trace until 1,024 to 2,048 other traces
// follow. The older of two maps is dropped as a whole, because finding the oldest entry takes microseconds in a map
// with many deleted entries.
const MAX_REMEMBERED_TRACES = 1_024

const GRANT_INTERVAL_MS = 1_000

/** The recorded part of a trace in one process, across all requests of that trace. */
export class KnownTrace {
  /** Clock for the points of all requests, in microseconds. It never runs backwards. */
  readonly now = createClock()
  /** Whether a request of the trace has, or had, an account, which shows where the time of the request went. */
  hasAccount = false
  #recorded = 0
  /**
   * Number of points that were omitted, that is, counted but not recorded. `#reported`: how many of these points were
   * already reported in a stop record.
   */
  #omitted = 0
  #reported = 0
  /** Number of open requests that will report the omitted points at their end. */
  #reporters = 0
  /**
   * The last time at which a point was recorded only to report omitted points. In milliseconds since the epoch.
   */
  #grantedAt = 0
  /** Whether the next point is recorded even if the trace has reached its limit. */
  #isGranted = false
  #unrecorded: Set<string> | undefined

  /**
   * Counts one point as recorded or as omitted, and returns whether to record it. Callers pass `max`, because each
   * adapter sets its own limit.
   */
  countPoint(max: number): boolean {
    if (this.#recorded < max || this.#isGranted) {
      this.#isGranted = false
      this.#recorded++
      return true
    }
    this.#omitted++
    return false
  }

  /** Returns how many points were omitted since the last call, so that the sum over all stop records is the total. */
  takeOmittedCount(): number {
    const unreported = this.#omitted - this.#reported
    this.#reported = this.#omitted
    return unreported
  }

  /**
   * Must be called before a request opens its own point. Returns whether the point may be opened. Once a trace has
   * `max` points, further points are omitted, but the trace must still show how many. So one request per second may
   * still open its point, whose stop record reports the number of omitted points. While the point of another request is
   * open, no further point is needed, because the stop record of the open point reports the number.
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

/** Returns the known trace with an id, or `undefined` if this process has not recently recorded part of it. */
export function findKnownTrace(baseId: string): KnownTrace | undefined {
  return knownTraces.newer.get(baseId) ?? knownTraces.older.get(baseId)
}

/** Finds or creates the trace with an id. The process remembers the trace until at least 1,024 other traces follow. */
export function openKnownTrace(baseId: string): KnownTrace {
  return rememberTrace(baseId, findKnownTrace(baseId))
}

/**
 * Works like `openKnownTrace`, but saves a second lookup, which would take microseconds. `known` is the result of an
 * earlier `findKnownTrace`.
 */
export function rememberTrace(baseId: string, known: KnownTrace | undefined): KnownTrace {
  const trace = known ?? new KnownTrace()
  if (knownTraces.newer.size >= MAX_REMEMBERED_TRACES && !knownTraces.newer.has(baseId)) {
    knownTraces.older = knownTraces.newer
    knownTraces.newer = new Map()
  }
  knownTraces.newer.set(baseId, trace)
  return trace
}
