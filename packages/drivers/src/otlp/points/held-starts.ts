import { Map, Set } from '@osprofiler/core/toolkit'
import type { TimedRecord } from './gathered-point.js'

/** The start record of a point that has not stopped. */
export interface HeldStart {
  readonly baseId: string
  readonly traceId: string
  /** The record as JSON text. The length of the text shows how much memory it uses. */
  readonly line: string
  /** The time of the record, in microseconds since 1970. */
  readonly at: number
  readonly hasLocalParent: boolean
  /** Whether the parent was open when the point started. */
  readonly isNested: boolean
  readonly others: readonly TimedRecord[]
}

/** The start records of open points, by trace id and point id. Their number and their memory are limited. */
export interface HeldStarts {
  readonly size: number
  readonly isFull: boolean
  get(baseId: string, traceId: string): HeldStart | undefined
  remember(start: HeldStart): void
  forget(start: HeldStart | undefined): void
  /** Notes that a record of the trace has arrived. */
  touch(baseId: string): void
  findOldest(limit: number): readonly HeldStart[]
  /**
   * Returns the oldest start records whose stop records are overdue. A stop record is overdue if the trace has had no
   * new record for `lingerMs` and all ancestors of the trace's open points have stopped. After an hour without a new
   * record, a stop record is overdue in any case.
   */
  findOverdue(limit: number): readonly HeldStart[]
}

interface HeldTrace {
  /**
   * Maps point ids to start records. Equal ids are mostly the same string object, so the Map rarely compares their
   * characters.
   */
  readonly starts: Map<string, HeldStart>
  /** Number of open points that are not nested in another open point of this process. */
  topPoints: number
  /** The time when the last record of the trace arrived, in milliseconds as returned by `now`. */
  touchedAt: number
}

/**
 * The limits for the number of start records and for the length of their lines. If a limit is exceeded, the oldest
 * start records are removed.
 */
const MAX_POINTS = 20_000
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024
/** If a trace has no new record for this long, its missing stop records are considered lost. */
const MAX_SILENCE_MS = 3_600_000

/**
 * Creates an empty collection. After all ancestors of a point have stopped, the stop record of the point is expected
 * for at most `lingerMs`.
 */
export function createHeldStarts(lingerMs: number, now: () => number): HeldStarts {
  const traces = new Map<string, HeldTrace>()
  /** All start records, in the order of arrival. */
  const all = new Set<HeldStart>()
  let characters = 0

  function isOverdue({ baseId }: HeldStart): boolean {
    const { topPoints, touchedAt } = traces.get(baseId) ?? { topPoints: undefined, touchedAt: now() }
    return now() - touchedAt >= (topPoints === 0 ? lingerMs : MAX_SILENCE_MS)
  }

  function forget(start: HeldStart | undefined): void {
    if (start === undefined || !all.delete(start)) return
    characters -= start.line.length
    const trace = traces.get(start.baseId)
    if (trace === undefined) return
    trace.starts.delete(start.traceId)
    if (!start.isNested) trace.topPoints--
    if (trace.starts.size === 0) traces.delete(start.baseId)
  }

  return {
    get size() {
      return all.size
    },
    get isFull() {
      return all.size > MAX_POINTS || characters > MAX_LINE_CHARACTERS
    },
    get: (baseId, traceId) => traces.get(baseId)?.starts.get(traceId),
    remember(start) {
      const { baseId, traceId, line, isNested } = start
      forget(traces.get(baseId)?.starts.get(traceId))
      const trace = traces.get(baseId) ?? { starts: new Map(), topPoints: 0, touchedAt: now() }
      traces.set(baseId, trace)
      trace.starts.set(traceId, start)
      if (!isNested) trace.topPoints++
      all.add(start)
      characters += line.length
    },
    forget,
    touch(baseId) {
      const trace = traces.get(baseId)
      if (trace !== undefined) trace.touchedAt = now()
    },
    findOldest: limit => selectFirst(all, limit, () => true),
    findOverdue: limit => selectFirst(all, limit, isOverdue),
  }
}

function selectFirst(
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
