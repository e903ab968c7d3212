import { Map, Set } from '@osprofiler/core/toolkit'
import type { TimedRecord } from './gathered-point.js'

/** The start of a point that has not stopped. */
export interface HeldStart {
  readonly baseId: string
  readonly traceId: string
  /** A line of JSON: it holds no more of the program's memory than its own length, which is known. */
  readonly line: string
  /** In microseconds since 1970. */
  readonly at: number
  /** Whether the parent is a point of the same program. */
  readonly hasLocalParent: boolean
  /** Whether the parent was open when the point started. */
  readonly isNested: boolean
  /** More records of the same point, without their `info`. */
  readonly others: readonly TimedRecord[]
}

/** The starts of the points that have not stopped, by trace and point. */
export interface HeldStarts {
  readonly size: number
  /** Whether the oldest have to make room. */
  readonly isFull: boolean
  get(baseId: string, traceId: string): HeldStart | undefined
  remember(start: HeldStart): void
  forget(start: HeldStart | undefined): void
  /** Says that a record of a trace has come. */
  touch(baseId: string): void
  /** At most so many, the oldest first. */
  oldest(limit: number): readonly HeldStart[]
  /** As `oldest`, of those that nobody waits for any longer: all above them has stopped, a while ago; or nothing of their trace has come for an hour. */
  overdue(limit: number): readonly HeldStart[]
}

interface HeldTrace {
  /** By their own ids: strings that most often come from one record to the next, and then are found without a look at them. */
  readonly starts: Map<string, HeldStart>
  /** How many of them no other open point of this process holds. */
  tops: number
  /** When a record of it came last, on the clock of `now`. */
  touchedAt: number
}

/** Beyond either, there is no room for more. */
const MAX_POINTS = 20_000
const MAX_CHARACTERS = 16 * 1024 * 1024
/** Of a trace of which nothing came for so long, the stops were lost. */
const MAX_SILENCE_MS = 3_600_000

/** @param lingerMs how long the points are waited for that are open when all those above them have stopped */
export function createHeldStarts(lingerMs: number, now: () => number): HeldStarts {
  const traces = new Map<string, HeldTrace>()
  /** In the order of their coming. */
  const all = new Set<HeldStart>()
  let characters = 0

  function isOverdue({ baseId }: HeldStart): boolean {
    const { tops, touchedAt } = traces.get(baseId) ?? { tops: undefined, touchedAt: now() }
    return now() - touchedAt >= (tops === 0 ? lingerMs : MAX_SILENCE_MS)
  }

  function forget(start: HeldStart | undefined): void {
    if (start === undefined || !all.delete(start)) return
    characters -= start.line.length
    const trace = traces.get(start.baseId)
    if (trace === undefined) return
    trace.starts.delete(start.traceId)
    if (!start.isNested) trace.tops--
    if (trace.starts.size === 0) traces.delete(start.baseId)
  }

  return {
    get size() {
      return all.size
    },
    get isFull() {
      return all.size > MAX_POINTS || characters > MAX_CHARACTERS
    },
    get: (baseId, traceId) => traces.get(baseId)?.starts.get(traceId),
    remember(start) {
      const { baseId, traceId, line, isNested } = start
      forget(traces.get(baseId)?.starts.get(traceId))
      const trace = traces.get(baseId) ?? { starts: new Map(), tops: 0, touchedAt: now() }
      traces.set(baseId, trace)
      trace.starts.set(traceId, start)
      if (!isNested) trace.tops++
      all.add(start)
      characters += line.length
    },
    forget,
    touch(baseId) {
      const trace = traces.get(baseId)
      if (trace !== undefined) trace.touchedAt = now()
    },
    oldest: limit => take(all, limit, () => true),
    overdue: limit => take(all, limit, isOverdue),
  }
}

function take(
  starts: Iterable<HeldStart>,
  limit: number,
  isWanted: (start: HeldStart) => boolean,
): readonly HeldStart[] {
  const taken: HeldStart[] = []
  for (const start of starts) {
    if (taken.length === limit) break
    if (isWanted(start)) taken.push(start)
  }
  return taken
}
