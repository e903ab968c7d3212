import type { TraceRecord } from '@osprofiler/core'
import { Map, Math, performance, Set } from '@osprofiler/core/toolkit'
import { decodeRecord, encodeRecord } from '../record-text.js'
import { toMicroseconds } from '../record-time.js'
import { toPlainRecord } from './plain.js'

/** A point that is ready to be sent. At least one of its records is there. */
export interface OtlpPoint {
  readonly start: TraceRecord | undefined
  readonly stop: TraceRecord | undefined
  /** Whether its parent was open in this process when it started. Otherwise that is in another service, or nowhere. */
  readonly hasLocalParent: boolean
  /** In microseconds since 1970. */
  readonly startedAt: number
  /** Not before its start. Where it has no stop, when its trace was last heard of. */
  readonly endedAt: number
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

/** A point that has started, of which a batch is to tell more. */
interface BegunPoint {
  readonly start: TraceRecord
  readonly startedAt: number
  readonly hasLocalParent: boolean
}

/** A point that is open beyond its batch. */
interface OpenPoint {
  readonly baseId: string
  readonly traceId: string
  /** A line of JSON: it holds no more of the program's memory than its own length, which is known. */
  readonly line: string
  readonly startedAt: number
  readonly hasLocalParent: boolean
}

interface OpenTrace {
  /** By their own ids: strings that most often come from one record to the next, and then are found without a look at them. */
  readonly points: Map<string, OpenPoint>
  /** How many of them no other open point of this process holds. */
  tops: number
  /** The time of its youngest record. */
  lastSeen: number
  /** When a record of it came last, on the clock of `now`. */
  touchedAt: number
}

/** What a batch tells of a trace. */
interface BatchedTrace {
  readonly held: OpenTrace | undefined
  readonly begun: Map<string, BegunPoint>
  /** Of the points that were open before. */
  readonly ended: Set<string>
  youngest: number
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
  const traces = new Map<string, OpenTrace>()
  /** In the order of their starts. */
  const open = new Set<OpenPoint>()
  let characters = 0

  function plan(records: readonly TraceRecord[]): OtlpPlan {
    const batch = new Map<string, BatchedTrace>()
    const points: OtlpPoint[] = []
    let refused = 0
    let paired = 0

    for (const given of records) {
      const record = toPlainRecord(given)
      const at = record && toMicroseconds(record.timestamp)
      if (record === undefined || at === undefined) {
        refused++
        continue
      }
      const { base_id: baseId, trace_id: traceId } = record
      const trace = batch.get(baseId) ?? createBatched(traces.get(baseId))
      batch.set(baseId, trace)
      trace.youngest = Math.max(trace.youngest, at)
      if (record.name.endsWith('-stop')) {
        points.push(toFinished(find(trace, traceId), record, at))
        paired += trace.begun.delete(traceId) ? 2 : 1
        if (trace.held?.points.has(traceId)) trace.ended.add(traceId)
      } else {
        const hasLocalParent = find(trace, record.parent_id) !== undefined
        trace.begun.set(traceId, { start: record, startedAt: at, hasLocalParent })
      }
    }
    const begun = [...batch.values()].flatMap(trace => [...trace.begun.values()].map(toOpen))
    return {
      points,
      records: paired,
      refused,
      commit() {
        for (const [baseId, { ended }] of batch)
          for (const traceId of ended) forget(traces.get(baseId)?.points.get(traceId))
        for (const point of begun) remember(point)
        for (const [baseId, { youngest }] of batch) touch(baseId, youngest)
      },
    }
  }

  function planToGiveUp(given: readonly OpenPoint[]): OtlpPlan {
    return {
      points: given.map(toUnfinished),
      records: 0,
      refused: 0,
      commit() {
        for (const point of given) forget(point)
      },
    }
  }

  function toUnfinished({ line, baseId, startedAt, hasLocalParent }: OpenPoint): OtlpPoint {
    const endedAt = Math.max(startedAt, traces.get(baseId)?.lastSeen ?? 0)
    return { start: decodeRecord(line), stop: undefined, hasLocalParent, startedAt, endedAt }
  }

  function isOverdue({ baseId }: OpenPoint): boolean {
    const { tops, touchedAt } = traces.get(baseId) ?? { tops: undefined, touchedAt: now() }
    return now() - touchedAt >= (tops === 0 ? lingerMs : LONGEST_SILENCE_MS)
  }

  function remember(point: OpenPoint): void {
    const { baseId, traceId, line, hasLocalParent } = point
    forget(traces.get(baseId)?.points.get(traceId))
    const trace = traces.get(baseId) ?? { points: new Map(), tops: 0, lastSeen: 0, touchedAt: now() }
    traces.set(baseId, trace)
    trace.points.set(traceId, point)
    if (!hasLocalParent) trace.tops++
    open.add(point)
    characters += line.length
  }

  function forget(point: OpenPoint | undefined): void {
    if (point === undefined || !open.delete(point)) return
    characters -= point.line.length
    const trace = traces.get(point.baseId)
    if (trace === undefined) return
    trace.points.delete(point.traceId)
    if (!point.hasLocalParent) trace.tops--
    if (trace.points.size === 0) traces.delete(point.baseId)
  }

  function touch(baseId: string, at: number): void {
    const trace = traces.get(baseId)
    if (trace === undefined) return
    trace.touchedAt = now()
    trace.lastSeen = Math.max(trace.lastSeen, at)
  }

  return {
    get size() {
      return open.size
    },
    get isFull() {
      return open.size > MAX_POINTS || characters > MAX_CHARACTERS
    },
    plan,
    planOldest: limit => planToGiveUp(take(open, limit, () => true)),
    planOverdue: limit => planToGiveUp(take(open, limit, isOverdue)),
  }
}

function createBatched(held: OpenTrace | undefined): BatchedTrace {
  return { held, begun: new Map(), ended: new Set(), youngest: 0 }
}

function find({ held, begun, ended }: BatchedTrace, traceId: string): BegunPoint | OpenPoint | undefined {
  return begun.get(traceId) ?? (ended.has(traceId) ? undefined : held?.points.get(traceId))
}

function toFinished(begun: BegunPoint | OpenPoint | undefined, stop: TraceRecord, at: number): OtlpPoint {
  const start = begun !== undefined && 'line' in begun ? decodeRecord(begun.line) : begun?.start
  const { hasLocalParent = false, startedAt = at } = begun ?? {}
  return { start, stop, hasLocalParent, startedAt, endedAt: Math.max(startedAt, at) }
}

function toOpen({ start, startedAt, hasLocalParent }: BegunPoint): OpenPoint {
  const line = encodeRecord(start) ?? ''
  return { baseId: start.base_id, traceId: start.trace_id, line, startedAt, hasLocalParent }
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
