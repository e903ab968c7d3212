import type { TraceRecord } from '@osprofiler/core'
import { Map, Math, performance, Set } from '@osprofiler/core/toolkit'
import { decodeRecord, encodeRecord } from '../../records/record-text.js'
import { toMicroseconds } from '../../records/record-time.js'
import { addRecord, findMarks, type GatheredPoint, isOpen } from './gathered-point.js'
import { createHeldStarts, type HeldStart } from './held-starts.js'
import { createKnownPoints, type KnownPoint } from './known-points.js'
import { createRecentPoints } from './recent-points.js'

/** A point that is ready to be sent. The point has a start record, a stop record or both. */
export interface OtlpPoint {
  readonly start: TraceRecord | undefined
  readonly stop: TraceRecord | undefined
  /** The records of the current batch that belong to the point. */
  readonly given: readonly TraceRecord[]
  /** Whether the point has no parent. */
  readonly isTop: boolean
  /** Marks for the inconsistencies of the point's records, with the names that a report uses. */
  readonly marks: readonly string[]
  /**
   * Whether the parent is a point of the same program. If this is false, the parent belongs to another program, or is
   * unknown.
   */
  readonly hasLocalParent: boolean
  /** Whether an incomplete span of the point was already sent, because a record was missing. */
  readonly isUpdate: boolean
  /** The time of the point's first known record, in microseconds since 1970. */
  readonly startedAt: number
  /**
   * The time of the stop record, or `startedAt` if that is later. Without a stop record, this is the end of an
   * ancestor, or the time of the trace's last record.
   */
  readonly endedAt: number
  /** Must be called after the point was sent, or after the last attempt to send it has failed. */
  done(isSent: boolean): void
}

/**
 * The points to send for a batch. Planning does not change any stored state, so a failed batch can be planned again.
 */
export interface OtlpPlan {
  readonly points: readonly OtlpPoint[]
  /**
   * Stores the start records whose stop records have not arrived. Returns the records of the batch that are not sent
   * now.
   */
  hold(): readonly TraceRecord[]
}

/** Keeps the points that have started but not stopped. For each batch, plans which points to send. */
export interface OpenPoints {
  readonly size: number
  /** Whether too many points are open, so that the oldest points must be sent. */
  readonly isFull: boolean
  /** Joins the start and stop records of a batch into points, and plans to send these points. */
  plan(records: readonly TraceRecord[]): OtlpPlan
  /** Plans to send the oldest points without their stop records. */
  planOldest(limit: number): OtlpPlan
  /** Like `planOldest`, but only for points whose stop records are no longer expected. */
  planOverdue(limit: number): OtlpPlan
}

/** A point with records in the current batch, and with its earlier records. */
interface BatchedPoint extends GatheredPoint {
  readonly baseId: string
  readonly traceId: string
  readonly given: TraceRecord[]
  readonly held: HeldStart | undefined
  readonly half: HalfPoint | undefined
  isNested: boolean
}

/** The record that was sent for an unfinished point, and the further records of this point. */
type HalfPoint = Pick<HeldStart, 'line' | 'at' | 'others'>

/**
 * Limits for remembering points that were sent with only one record. When the other record of such a point arrives, the
 * complete span is sent.
 */
const MAX_HALF_POINTS = 2_000
const MAX_HALF_LINE_CHARACTERS = 8_000

/**
 * Creates a collection that keeps start records until their stop records arrive. Points are looked up by trace id and
 * point id, so concurrent requests never mix.
 */
export function createOpenPoints(lingerMs: number, now: () => number = () => performance.now()): OpenPoints {
  const held = createHeldStarts(lingerMs, now)
  const known = createKnownPoints()
  const halves = createRecentPoints<HalfPoint>(MAX_HALF_POINTS)

  function toBatchedPoint({ base_id: baseId, trace_id: traceId }: TraceRecord): BatchedPoint {
    const start = held.get(baseId, traceId)
    const half = start === undefined ? halves.get(baseId, traceId) : undefined
    const before = start ?? half
    const others = before?.others ?? []
    const isNested = start?.isNested ?? false
    const point: BatchedPoint = {
      baseId,
      traceId,
      given: [],
      held: start,
      half,
      isNested,
      start: undefined,
      stop: undefined,
      others,
    }
    const record = before && decodeRecord(before.line)
    if (record !== undefined) addRecord(point, { record, at: before?.at ?? 0 })
    return point
  }

  function plan(records: readonly TraceRecord[]): OtlpPlan {
    const traces = new Map<string, Map<string, BatchedPoint>>()
    const batch: BatchedPoint[] = []
    /** The points that have a stop record, in the order in which the stop records arrived. */
    const ended = new Set<BatchedPoint>()
    const youngest = new Map<string, number>()

    for (const record of records) {
      const at = toMicroseconds(record.timestamp) ?? 0
      const { base_id: baseId, trace_id: traceId, parent_id: parentId } = record
      youngest.set(baseId, Math.max(youngest.get(baseId) ?? at, at))
      const trace = traces.get(baseId) ?? new Map<string, BatchedPoint>()
      traces.set(baseId, trace)
      let point = trace.get(traceId)
      if (point === undefined) {
        point = toBatchedPoint(record)
        trace.set(traceId, point)
        batch.push(point)
      }
      if (point.given.length === 0 && point.held === undefined) {
        const parent = trace.get(parentId)
        point.isNested = parent === undefined ? held.get(baseId, parentId) !== undefined : isOpen(parent)
      }
      point.given.push(record)
      addRecord(point, { record, at })
      if (point.stop !== undefined) ended.add(point)
    }

    // A point whose complete span was sent is not sent again, because only the ids of the point are remembered.
    const fresh = new Set(batch.filter(({ baseId, traceId }) => known.get(baseId, traceId)?.isWhole !== true))
    for (const { start, stop } of fresh) {
      const main = start ?? stop
      if (main !== undefined) known.learn(main.record, main.at)
    }
    const kept = batch.filter(point => !ended.has(point) || !fresh.has(point))
    const points = [...ended].filter(point => fresh.has(point)).map(toPoint)

    function hold(): readonly TraceRecord[] {
      for (const point of kept) {
        const start = fresh.has(point) ? toHeldStart(point) : undefined
        if (start === undefined) continue
        if (point.half === undefined) held.remember(start)
        else halves.set(start.baseId, start.traceId, start)
      }
      for (const [baseId, at] of youngest) {
        held.touch(baseId)
        known.noteTime(baseId, at)
      }
      return kept.flatMap(({ given }) => given)
    }

    return { points, hold }
  }

  function toHeldStart({ baseId, traceId, start, others, isNested }: BatchedPoint): HeldStart | undefined {
    if (start === undefined) return undefined
    const point = known.get(baseId, traceId)
    const hasLocalParent = point !== undefined && known.hasLocalParent(point)
    return { baseId, traceId, line: encodeRecord(start.record), at: start.at, hasLocalParent, isNested, others }
  }

  function toPoint(batched: BatchedPoint): OtlpPoint {
    const { baseId, traceId, given, held: before, half, start, stop, others } = batched
    const startedAt = start?.at ?? stop?.at ?? 0
    const point = known.get(baseId, traceId)
    return {
      ...{ start: start?.record, stop: stop?.record, given, startedAt },
      ...describePlacement(point, batched, before?.hasLocalParent),
      isUpdate: half !== undefined || point?.endedAt !== undefined,
      endedAt: Math.max(startedAt, stop?.at ?? startedAt),
      done(isSent) {
        held.forget(before)
        halves.delete(baseId, traceId)
        if (!isSent) return
        const whole = start !== undefined
        known.end(baseId, traceId, stop?.at ?? startedAt, whole)
        const line = whole || stop === undefined ? undefined : encodeRecord(stop.record)
        if (line !== undefined && line.length <= MAX_HALF_LINE_CHARACTERS) {
          halves.set(baseId, traceId, { line, at: startedAt, others })
        }
      },
    }
  }

  function toUnfinished(start: HeldStart): OtlpPoint {
    const { line, baseId, traceId, at, others } = start
    const record = decodeRecord(line)
    const point = known.get(baseId, traceId)
    const gathered = { start: record && { record, at }, stop: undefined, others }
    return {
      ...{ start: record, stop: undefined, given: [], isUpdate: false, startedAt: at },
      ...describePlacement(point, gathered, start.hasLocalParent),
      endedAt: point === undefined ? at : known.estimateEnd(point),
      done(isSent) {
        held.forget(start)
        if (isSent && line.length <= MAX_HALF_LINE_CHARACTERS) halves.set(baseId, traceId, start)
      },
    }
  }

  function describePlacement(
    point: KnownPoint | undefined,
    gathered: GatheredPoint,
    wasLocal = false,
  ): Pick<OtlpPoint, 'isTop' | 'hasLocalParent' | 'marks'> {
    const marks = findMarks(gathered)
    if (point?.cycle !== undefined) marks.add('cycle')
    const isTop = point !== undefined && known.isTop(point)
    const hasLocalParent = !isTop && (wasLocal || (point !== undefined && known.hasLocalParent(point)))
    return { isTop, hasLocalParent, marks: [...marks] }
  }

  function planUnfinished(starts: readonly HeldStart[]): OtlpPlan {
    return { points: starts.map(toUnfinished), hold: () => [] }
  }

  return {
    get size() {
      return held.size
    },
    get isFull() {
      return held.isFull
    },
    plan,
    planOldest: limit => planUnfinished(held.findOldest(limit)),
    planOverdue: limit => planUnfinished(held.findOverdue(limit)),
  }
}
