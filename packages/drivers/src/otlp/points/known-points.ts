import type { TraceRecord } from '@osprofiler/core'
import { Math, Set } from '@osprofiler/core/toolkit'
import { createRecentPoints } from './recent-points.js'

/** What is remembered of a point, to tell of its children and of its own later records. */
export interface KnownPoint {
  readonly baseId: string
  readonly traceId: string
  readonly parentId: string
  readonly program: string
  readonly startedAt: number
  /** When the point ended, once its span was sent. */
  endedAt: number | undefined
  /** Whether a span of both its records was sent. */
  isWhole: boolean
  /** Whether the point and others are one another's parents. The earliest of them is at the top. */
  cycle: 'top' | 'below' | undefined
}

/** The points that came last. */
export interface KnownPoints {
  get(baseId: string, traceId: string): KnownPoint | undefined
  learn(record: TraceRecord, startedAt: number): void
  /** Says that a point's span was sent with its stop, and whether with its start. */
  end(baseId: string, traceId: string, at: number, isWhole: boolean): void
  /** Whether a point is nested in no other, though its parent may be one that nobody knows of. */
  isTop(point: KnownPoint): boolean
  /** Whether a point is nested in one of the same program. */
  hasLocalParent(point: KnownPoint): boolean
  /** Where a point ends of which no stop has come: where its parent does, or else where its trace does. */
  endOf(point: KnownPoint): number
  /** Says that a record of a trace has come, which tells of that moment. */
  see(baseId: string, at: number): void
}

const MAX_POINTS = 5_000
const MAX_STEPS = 1_000

export function createKnownPoints(): KnownPoints {
  const points = createRecentPoints<KnownPoint>(MAX_POINTS)
  /** Parents that were named and had not come: only one of these can close a circle. */
  const awaited = createRecentPoints<true>(MAX_POINTS)
  const lastSeen = createRecentPoints<number>(MAX_POINTS)

  function parentOf(point: KnownPoint): KnownPoint | undefined {
    return isTop(point) ? undefined : points.get(point.baseId, point.parentId)
  }

  function isTop({ baseId, traceId, parentId, cycle }: KnownPoint): boolean {
    if (parentId === '' || parentId === traceId || cycle === 'top') return true
    return parentId === baseId && points.get(baseId, baseId) === undefined
  }

  function pathUp(point: KnownPoint): KnownPoint[] {
    const path = new Set<KnownPoint>()
    for (let at: KnownPoint | undefined = point; at !== undefined && path.size < MAX_STEPS; at = parentOf(at)) {
      if (path.has(at)) break
      path.add(at)
    }
    return [...path]
  }

  function cutCycle(point: KnownPoint): void {
    const path = pathUp(point)
    const last = path.at(-1)
    if (last === undefined || path.length < 2 || parentOf(last) !== point) return
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
      const point = { baseId, traceId, parentId, program: programOf(record), startedAt, endedAt, isWhole, cycle }
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
    hasLocalParent: point => parentOf(point)?.program === point.program,
    endOf(point) {
      const path = pathUp(point)
      const ended = path.findIndex(({ endedAt }) => endedAt !== undefined)
      const open = ended === -1 ? path : path.slice(0, ended)
      const end = path[ended]?.endedAt ?? lastSeen.get(point.baseId, '') ?? 0
      return open.reduce((latest, { startedAt }) => Math.max(latest, startedAt), end)
    },
    see(baseId, at) {
      lastSeen.set(baseId, '', Math.max(lastSeen.get(baseId, '') ?? 0, at))
    },
  }
}

/** What tells programs apart. */
function programOf({ service, project, info }: TraceRecord): string {
  return `${service}\0${project}\0${typeof info.host === 'string' ? info.host : ''}`
}
