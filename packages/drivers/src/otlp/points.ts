import type { TraceRecord } from '@osprofiler/core'
import { decodeRecord, encodeRecord } from '../record-text.js'
import { toMicroseconds } from '../record-time.js'

/** A point that is ready to be sent. At least one of its records is there. */
export interface OtlpPoint {
  readonly start: TraceRecord | undefined
  readonly stop: TraceRecord | undefined
  /** Whether its parent was open in this process when it started. Otherwise that is in another service, or nowhere. */
  readonly hasLocalParent: boolean
  /** The youngest timestamp of its trace, for a point without a stop. */
  readonly lastSeen: string
}

/** What a batch comes to. Nothing has changed yet: a batch that could not be sent is planned again. */
export interface OtlpPlan {
  readonly points: readonly OtlpPoint[]
  /** How many records of the batch are in the points. */
  readonly records: number
  /** How many records of the batch are none. */
  readonly refused: number
  /** To be called once the points were sent, or are given up. */
  commit(): void
}

/** The points that have started and not stopped. */
export interface OpenPoints {
  readonly size: number
  /** Whether the oldest points have to make room. */
  readonly isFull: boolean
  /** Pairs what a batch starts and stops. */
  plan(records: readonly TraceRecord[]): OtlpPlan
  /** At most so many points, the oldest first, that are given up though they did not stop. */
  planOldest(limit: number): OtlpPlan
  /** As `planOldest`, of those alone that nobody waits for any longer: all above them has stopped, a while ago; or nothing of their trace has come for an hour. */
  planOverdue(limit: number): OtlpPlan
}

interface OpenPoint {
  readonly key: string
  /** A line of JSON: what a caller does to the record afterwards cannot change it, and its size is known. */
  readonly line: string
  readonly baseId: string
  readonly hasLocalParent: boolean
}

interface OpenTrace {
  /** The keys of its open points: those that no other open point of this process holds, and the others. */
  readonly tops: Set<string>
  readonly inner: Set<string>
  lastSeen: string
  /** When a record of it came last, on the clock of `now`. */
  touchedAt: number
}

/** Beyond either, there is no room for more. */
const MAX_POINTS = 20_000
const MAX_CHARACTERS = 16 * 1024 * 1024
/** Of a trace of which nothing came for so long, the stops were lost. */
const LONGEST_SILENCE_MS = 3_600_000

/**
 * Keeps the starts of points until their stops come. A point is told by its trace and its own id, so those of
 * concurrent requests never meet.
 *
 * @param lingerMs how long the points are waited for that are open when all those above them have stopped
 */
export function createOpenPoints(lingerMs: number, now: () => number = () => performance.now()): OpenPoints {
  const open = new Map<string, OpenPoint>()
  const traces = new Map<string, OpenTrace>()
  let characters = 0

  function plan(records: readonly TraceRecord[]): OtlpPlan {
    const started = new Map<string, OpenPoint>()
    const ended = new Set<string>()
    const youngest = new Map<string, string>()
    const points: OtlpPoint[] = []
    let refused = 0
    let paired = 0
    const find = (key: string) => started.get(key) ?? (ended.has(key) ? undefined : open.get(key))

    for (const record of records) {
      const line = encodeRecord(record)
      if (line === undefined || toMicroseconds(record.timestamp) === undefined) {
        refused++
        continue
      }
      const { base_id: baseId, timestamp } = record
      const key = toKey(baseId, record.trace_id)
      if (timestamp > (youngest.get(baseId) ?? '')) youngest.set(baseId, timestamp)
      if (record.name.endsWith('-stop')) {
        const begun = find(key)
        points.push(toFinished(begun, line))
        paired += started.delete(key) ? 2 : 1
        ended.add(key)
      } else {
        const hasLocalParent = find(toKey(baseId, record.parent_id)) !== undefined
        started.set(key, { key, line, baseId, hasLocalParent })
      }
    }
    return {
      points,
      records: paired,
      refused,
      commit() {
        for (const key of ended) forget(key)
        for (const point of started.values()) remember(point)
        for (const [baseId, timestamp] of youngest) touch(baseId, timestamp)
      },
    }
  }

  function planToGiveUp(given: readonly OpenPoint[]): OtlpPlan {
    return {
      points: given.map(toUnfinished),
      records: 0,
      refused: 0,
      commit() {
        for (const { key } of given) forget(key)
      },
    }
  }

  function toUnfinished({ line, baseId, hasLocalParent }: OpenPoint): OtlpPoint {
    const start = decodeRecord(line)
    return { start, stop: undefined, hasLocalParent, lastSeen: traces.get(baseId)?.lastSeen ?? start?.timestamp ?? '' }
  }

  function isOverdue({ baseId }: OpenPoint): boolean {
    const { tops, touchedAt } = traces.get(baseId) ?? { tops: undefined, touchedAt: now() }
    return now() - touchedAt >= (tops?.size === 0 ? lingerMs : LONGEST_SILENCE_MS)
  }

  function remember(point: OpenPoint): void {
    forget(point.key)
    open.set(point.key, point)
    characters += point.line.length
    const trace = traces.get(point.baseId) ?? { tops: new Set(), inner: new Set(), lastSeen: '', touchedAt: now() }
    traces.set(point.baseId, trace)
    const siblings = point.hasLocalParent ? trace.inner : trace.tops
    siblings.add(point.key)
  }

  function forget(key: string): void {
    const point = open.get(key)
    if (point === undefined) return
    open.delete(key)
    characters -= point.line.length
    const trace = traces.get(point.baseId)
    trace?.tops.delete(key)
    trace?.inner.delete(key)
    if (trace?.tops.size === 0 && trace.inner.size === 0) traces.delete(point.baseId)
  }

  function touch(baseId: string, timestamp: string): void {
    const trace = traces.get(baseId)
    if (trace === undefined) return
    trace.touchedAt = now()
    if (timestamp > trace.lastSeen) trace.lastSeen = timestamp
  }

  return {
    get size() {
      return open.size
    },
    get isFull() {
      return open.size > MAX_POINTS || characters > MAX_CHARACTERS
    },
    plan,
    planOldest: limit => planToGiveUp(take(open.values(), limit, () => true)),
    planOverdue: limit => planToGiveUp(take(open.values(), limit, isOverdue)),
  }
}

function toFinished(begun: OpenPoint | undefined, line: string): OtlpPoint {
  const stop = decodeRecord(line)
  const start = begun && decodeRecord(begun.line)
  return { start, stop, hasLocalParent: begun?.hasLocalParent ?? false, lastSeen: stop?.timestamp ?? '' }
}

/** No two points share it, whatever their ids hold. */
function toKey(baseId: string, traceId: string): string {
  return `${baseId.length} ${baseId}${traceId}`
}

function take(
  points: Iterable<OpenPoint>,
  limit: number,
  isWanted: (point: OpenPoint) => boolean,
): readonly OpenPoint[] {
  const taken: OpenPoint[] = []
  for (const point of points) {
    if (taken.length === limit) break
    if (isWanted(point)) taken.push(point)
  }
  return taken
}
