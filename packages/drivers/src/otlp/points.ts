import type { TraceRecord } from '@osprofiler/core'
import { Map, Math, performance, Set } from '@osprofiler/core/toolkit'
import { decodeRecord, encodeRecord } from '../record-text.js'
import { toMicroseconds } from '../record-time.js'
import { createHeldStarts, type HeldStart } from './held-starts.js'
import { toPlainRecord } from './plain.js'
import { createRecent } from './recent.js'

/** A point that is ready to be sent. At least one of its records is there. */
export interface OtlpPoint {
  readonly start: TraceRecord | undefined
  readonly stop: TraceRecord | undefined
  /** The records of the batch that the point is made of, as they were given. */
  readonly given: readonly TraceRecord[]
  /** Whether its parent is a point of the same program. Otherwise that is in another one, or nowhere. */
  readonly hasLocalParent: boolean
  /** Whether a span of the same point was sent before, when the point had not stopped. */
  readonly isUpdate: boolean
  /** In microseconds since 1970. */
  readonly startedAt: number
  /** Not before its start. Where it has no stop, when its trace was last heard of. */
  readonly endedAt: number
  /** To be called once the point was sent, or is given up. */
  done(isSent: boolean): void
}

/** What a batch comes to. Nothing has changed yet: a batch that could not be sent is planned again. */
export interface OtlpPlan {
  readonly points: readonly OtlpPoint[]
  /** How many records of the batch are none. */
  readonly refused: number
  /** Holds the starts of the batch whose stops are still to come, and returns these records as they were given. */
  hold(): readonly TraceRecord[]
  /** `hold`, and that all points were sent. */
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
  /** As `planOldest`, of those alone that nobody waits for any longer. */
  planOverdue(limit: number): OtlpPlan
}

/** A point that has started, of which a batch is to tell more. */
interface BegunPoint extends Omit<HeldStart, 'baseId' | 'traceId' | 'line'> {
  readonly start: TraceRecord
  readonly given: TraceRecord
}

/** What a batch tells of a trace. */
interface BatchedTrace {
  readonly begun: Map<string, BegunPoint>
  /** Of the points that were open before. */
  readonly ended: Set<string>
  youngest: number
}

/** Points whose program is known, to tell whether it is also that of a child. */
const MAX_KNOWN = 5_000
/** Points that were sent though they had not stopped: when a stop comes after all, the span is sent again, whole. */
const MAX_UNFINISHED = 2_000
const MAX_UNFINISHED_LINE = 8_000

/**
 * Keeps the starts of points until their stops come. A point is told by its trace and its own id, so those of
 * concurrent requests never meet.
 *
 * @param lingerMs how long the points are waited for that are open when all those above them have stopped
 */
export function createOpenPoints(lingerMs: number, now: () => number = () => performance.now()): OpenPoints {
  const held = createHeldStarts(lingerMs, now)
  const programs = createRecent<string>(MAX_KNOWN)
  const unfinished = createRecent<HeldStart>(MAX_UNFINISHED)

  function hasLocalParent(record: TraceRecord): boolean {
    return programs.get(record.base_id, record.parent_id) === programOf(record)
  }

  function plan(records: readonly TraceRecord[]): OtlpPlan {
    const batch = new Map<string, BatchedTrace>()
    const points: OtlpPoint[] = []
    let refused = 0

    function isOpen({ begun, ended }: BatchedTrace, baseId: string, traceId: string): boolean {
      return begun.has(traceId) || (!ended.has(traceId) && held.get(baseId, traceId) !== undefined)
    }

    function begin(trace: BatchedTrace, start: TraceRecord, given: TraceRecord, startedAt: number): void {
      const { base_id: baseId, trace_id: traceId, parent_id: parentId } = start
      programs.set(baseId, traceId, programOf(start))
      const isNested = isOpen(trace, baseId, parentId)
      trace.begun.set(traceId, { start, given, startedAt, hasLocalParent: hasLocalParent(start), isNested })
    }

    function end(trace: BatchedTrace, stop: TraceRecord, given: TraceRecord, at: number): void {
      const { base_id: baseId, trace_id: traceId } = stop
      const begun = trace.begun.get(traceId)
      const start = trace.ended.has(traceId) ? undefined : held.get(baseId, traceId)
      trace.begun.delete(traceId)
      if (begun === undefined && start !== undefined) trace.ended.add(traceId)
      const sent = begun === undefined && start === undefined ? unfinished.get(baseId, traceId) : undefined
      const found = begun ?? start ?? sent
      points.push({
        start: found && ('start' in found ? found.start : decodeRecord(found.line)),
        stop,
        given: begun === undefined ? [given] : [begun.given, given],
        hasLocalParent: found?.hasLocalParent ?? hasLocalParent(stop),
        isUpdate: sent !== undefined,
        startedAt: found?.startedAt ?? at,
        endedAt: Math.max(found?.startedAt ?? at, at),
        done() {
          held.forget(start)
          if (sent !== undefined) unfinished.delete(baseId, traceId)
        },
      })
    }

    for (const given of records) {
      const record = toPlainRecord(given)
      const at = record && toMicroseconds(record.timestamp)
      if (record === undefined || at === undefined) {
        refused++
        continue
      }
      const trace = batch.get(record.base_id) ?? { begun: new Map(), ended: new Set(), youngest: 0 }
      batch.set(record.base_id, trace)
      trace.youngest = Math.max(trace.youngest, at)
      if (record.name.endsWith('-stop')) end(trace, record, given, at)
      else begin(trace, record, given, at)
    }

    function hold(): readonly TraceRecord[] {
      const begun = [...batch.values()].flatMap(trace => [...trace.begun.values()])
      for (const point of begun) held.remember(toHeld(point))
      for (const [baseId, { youngest }] of batch) held.touch(baseId, youngest)
      return begun.map(({ given }) => given)
    }

    return { points, refused, hold, commit: () => commit(points, hold) }
  }

  function planToGiveUp(starts: readonly HeldStart[]): OtlpPlan {
    const points = starts.map(toUnfinished)
    const hold = (): readonly TraceRecord[] => []
    return { points, refused: 0, hold, commit: () => commit(points, hold) }
  }

  function toUnfinished(start: HeldStart): OtlpPoint {
    const { line, baseId, traceId, startedAt, hasLocalParent } = start
    return {
      ...{ start: decodeRecord(line), stop: undefined, given: [], hasLocalParent, isUpdate: false, startedAt },
      endedAt: Math.max(startedAt, held.lastSeen(baseId)),
      done(isSent) {
        held.forget(start)
        if (isSent && line.length <= MAX_UNFINISHED_LINE) unfinished.set(baseId, traceId, start)
      },
    }
  }

  return {
    get size() {
      return held.size
    },
    get isFull() {
      return held.isFull
    },
    plan,
    planOldest: limit => planToGiveUp(held.oldest(limit)),
    planOverdue: limit => planToGiveUp(held.overdue(limit)),
  }
}

function commit(points: readonly OtlpPoint[], hold: () => unknown): void {
  for (const point of points) point.done(true)
  hold()
}

function toHeld({ start, startedAt, hasLocalParent, isNested }: BegunPoint): HeldStart {
  const line = encodeRecord(start) ?? ''
  return { baseId: start.base_id, traceId: start.trace_id, line, startedAt, hasLocalParent, isNested }
}

/** What tells programs apart. */
function programOf({ service, project, info }: TraceRecord): string {
  return `${service}\0${project}\0${typeof info.host === 'string' ? info.host : ''}`
}
