import type { TraceRecord } from '@osprofiler/core'
import { Math, Set } from '@osprofiler/core/toolkit'
import { createRecentPoints } from './recent-points.js'

/** Facts about a point. They are needed for the point's later records and for its child points. */
export interface KnownPoint {
  readonly baseId: string
  readonly traceId: string
  readonly parentId: string
  readonly program: string
  readonly startedAt: number
  /** The time when the point ended. Undefined until its span was sent. */
  endedAt: number | undefined
  /** Whether a span was sent that has both the start and the stop. */
  isWhole: boolean
  /** Set if the chain of the point's ancestors forms a cycle. The earliest point of the cycle counts as the top. */
  cycle: 'top' | 'below' | undefined
}

/** The most recent points. They determine the parents of spans, and the ends of spans without a stop record. */
export interface KnownPoints {
  get(baseId: string, traceId: string): KnownPoint | undefined
  learn(record: TraceRecord, startedAt: number): void
  /**
   * Notes that the span of a point was sent with its stop record. `isWhole` is true if the span also had the start
   * record.
   */
  end(baseId: string, traceId: string, at: number, isWhole: boolean): void
  /**
   * Returns whether a point has no parent. A parent id that equals the id of the trace refers to a parent only if a
   * point has this id.
   */
  isTop(point: KnownPoint): boolean
  /** Returns whether the parent is a point of the same program. */
  hasLocalParent(point: KnownPoint): boolean
  /**
   * Returns the estimated end of a point without a stop: the end of the nearest ended ancestor, or the latest known
   * time of the trace.
   */
  estimateEnd(point: KnownPoint): number
  /** Notes the time of a record of the trace. */
  noteTime(baseId: string, at: number): void
}

const MAX_POINTS = 5_000
const MAX_PATH_POINTS = 1_000

/** Creates an empty collection. Above `MAX_POINTS` points, the oldest are removed. */
export function createKnownPoints(): KnownPoints {
  const points = createRecentPoints<KnownPoint>(MAX_POINTS)
  /** Ids of parents that had no record yet when the record of a child arrived. Only these parents can close a cycle. */
  const awaited = createRecentPoints<true>(MAX_POINTS)
  const lastSeen = createRecentPoints<number>(MAX_POINTS)

  function findParent(point: KnownPoint): KnownPoint | undefined {
    return isTop(point) ? undefined : points.get(point.baseId, point.parentId)
  }

  function isTop({ baseId, traceId, parentId, cycle }: KnownPoint): boolean {
    if (parentId === '' || parentId === traceId || cycle === 'top') return true
    return parentId === baseId && points.get(baseId, baseId) === undefined
  }

  function findPathUp(point: KnownPoint): KnownPoint[] {
    const path = new Set<KnownPoint>()
    for (let at: KnownPoint | undefined = point; at !== undefined && path.size < MAX_PATH_POINTS; at = findParent(at)) {
      if (path.has(at)) break
      path.add(at)
    }
    return [...path]
  }

  function cutCycle(point: KnownPoint): void {
    const path = findPathUp(point)
    const last = path.at(-1)
    if (last === undefined || path.length < 2 || findParent(last) !== point) return
    let top = point
    for (const member of path) {
      member.cycle = 'below'
      if (member.startedAt < top.startedAt) top = member
    }
    top.cycle = 'top'
  }

  return {
    get: points.get,
    learn(record, startedAt) {
      const { base_id: baseId, trace_id: traceId, parent_id: parentId } = record
      const before = points.get(baseId, traceId)
      const { endedAt, isWhole = false, cycle } = before?.parentId === parentId ? before : {}
      const point = { baseId, traceId, parentId, program: toProgramKey(record), startedAt, endedAt, isWhole, cycle }
      points.set(baseId, traceId, point)
      if (points.get(baseId, parentId) === undefined) awaited.set(baseId, parentId, true)
      if (cycle === undefined && awaited.get(baseId, traceId)) cutCycle(point)
    },
    end(baseId, traceId, at, isWhole) {
      const point = points.get(baseId, traceId)
      if (point === undefined) return
      point.endedAt = Math.max(point.startedAt, at)
      point.isWhole = isWhole
    },
    isTop,
    hasLocalParent: point => findParent(point)?.program === point.program,
    estimateEnd(point) {
      const path = findPathUp(point)
      const ended = path.findIndex(({ endedAt }) => endedAt !== undefined)
      const open = ended === -1 ? path : path.slice(0, ended)
      const end = path[ended]?.endedAt ?? lastSeen.get(point.baseId, '') ?? 0
      return open.reduce((latest, { startedAt }) => Math.max(latest, startedAt), end)
    },
    noteTime(baseId, at) {
      lastSeen.set(baseId, '', Math.max(lastSeen.get(baseId, '') ?? 0, at))
    },
  }
}

function toProgramKey({ service, project, info }: TraceRecord): string {
  return `${service}\0${project}\0${typeof info.host === 'string' ? info.host : ''}`
}
