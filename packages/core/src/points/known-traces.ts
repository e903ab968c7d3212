import { dateNow, Map, Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { createClock } from '../recording/timestamp.js'

/** What a process records of one trace unless told otherwise. */
export const DEFAULT_MAX_POINTS = 100_000

// A trace may come back in many requests, one after another. It is known for as long as this many others, or twice as
// many: in two maps, of which the older goes as a whole. With one entry deleted for each that is added, a map is full
// of holes, and finding its oldest entry takes microseconds.
const MAX_REMEMBERED = 1_024

const GRANT_AFTER_MS = 1_000

/** What one process has recorded of one trace, whichever of its requests recorded it. */
export class KnownTrace {
  /** The clock of its points: microseconds that never run backwards, from whichever request they are. */
  readonly now = createClock()
  #recorded = 0
  /** Points that were counted and not recorded, and how many of these a stop record has told of. */
  #omitted = 0
  #told = 0
  /** Requests that are being served and will tell, at their end, of what was omitted. */
  #tellers = 0
  /** When a request was last let in only to tell, in milliseconds since the epoch. */
  #grantedAt = 0
  /** Whether the next point is recorded in any case. */
  #isGranted = false
  #unrecorded: Set<string> | undefined

  /** Takes one point of at most `max`, or counts it as omitted. How many may be is for each request's adapter to say. */
  take(max: number): boolean {
    if (this.#recorded < max || this.#isGranted) {
      this.#isGranted = false
      this.#recorded++
      return true
    }
    this.#omitted++
    return false
  }

  /** How many points were omitted since this was last asked: what the next stop record says, so that they add up. */
  tellOmitted(): number {
    const untold = this.#omitted - this.#told
    this.#told = this.#omitted
    return untold
  }

  /**
   * Says that a request is served, whose own point is taken next. Returns whether the request tells of what was omitted.
   *
   * Once the allowance is used up, a trace must still show that it was cut. So that point is recorded once in a second,
   * unless another request is there to tell.
   */
  openTeller(max: number): boolean {
    if (this.#recorded >= max) {
      const now = dateNow()
      if (max === 0 || this.#tellers > 0 || now - this.#grantedAt < GRANT_AFTER_MS) return false
      this.#grantedAt = now
      this.#isGranted = true
    }
    this.#tellers++
    return true
  }

  /** Says that a request that tells has ended. */
  closeTeller(): void {
    this.#tellers--
  }

  /** Notes a library that was called and is not recorded. */
  noteUnrecorded(library: string): void {
    this.#unrecorded ??= new Set()
    this.#unrecorded.add(library)
  }

  /** The libraries that were noted, each once. */
  takeUnrecorded(): Iterable<string> | undefined {
    const noted = this.#unrecorded
    this.#unrecorded = undefined
    return noted
  }
}

const known = shared('known-traces', () => ({
  newer: new Map<string, KnownTrace>(),
  older: new Map<string, KnownTrace>(),
}))

/** The trace, if this process has lately recorded something of it. */
export function findKnownTrace(baseId: string): KnownTrace | undefined {
  return known.newer.get(baseId) ?? known.older.get(baseId)
}

/** Finds or makes the trace, and remembers it. */
export function openKnownTrace(baseId: string): KnownTrace {
  return rememberTrace(baseId, findKnownTrace(baseId))
}

/** As `openKnownTrace`, after `findKnownTrace`: a look-up takes microseconds, and a request needs one. */
export function rememberTrace(baseId: string, found: KnownTrace | undefined): KnownTrace {
  const trace = found ?? new KnownTrace()
  if (known.newer.size >= MAX_REMEMBERED) {
    known.older = known.newer
    known.newer = new Map()
  }
  known.newer.set(baseId, trace)
  return trace
}
