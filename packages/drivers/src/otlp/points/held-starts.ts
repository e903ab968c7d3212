import { Map, Set } from '@osprofiler/core/toolkit'
import type { TimedRecord } from './gathered-point.js'

/** The start of a point that has not stopped. */
export interface HeldStart {
  readonly baseId: string
  readonly traceId: string
  /** The record as JSON text, whose use of memory is known: the length of the text. */
  readonly line: string
  /** In microseconds since 1970. */
  readonly at: number
  readonly hasLocalParent: boolean
  /** Whether the parent was open when the point started. */
  readonly isNested: boolean
  readonly others: readonly TimedRecord[]
}

/** The starts of open points by trace and point, with limits for their number and memory. */
export interface HeldStarts {
  readonly size: number
  readonly isFull: boolean
  get(baseId: string, traceId: string): HeldStart | undefined
  remember(start: HeldStart): void
  forget(start: HeldStart | undefined): void
  /** Notes that a record of the trace has come. */
  touch(baseId: string): void
  findOldest(limit: number): readonly HeldStart[]
  /** Returns the oldest starts of traces silent for `lingerMs` (if all points above have stopped) or for an hour. */
  findOverdue(limit: number): readonly HeldStart[]
}

interface HeldTrace {
  /** Keyed by point id. Records mostly share the string objects of ids, so a Map need not compare characters. */
  readonly starts: Map<string, HeldStart>
  /** Number of starts that are not nested in another open point of this process. */
  topPoints: number
  /** When a record of the trace last came, on the clock of `now`. */
  touchedAt: number
}

/** When either limit is exceeded, the oldest starts make room. */
const MAX_POINTS = 20_000
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024
/** The stops of a trace count as lost after this long without a record of the trace. */
const MAX_SILENCE_MS = 3_600_000

/** Creates an empty collection. `lingerMs` limits the wait for a stop after all points above have stopped. */
export function createHeldStarts(lingerMs: number, now: () => number): HeldStarts {
  const traces = new Map<string, HeldTrace>()
  /** In the order of arrival. */
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
