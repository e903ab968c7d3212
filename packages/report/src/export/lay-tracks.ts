import type { Interval } from '../analysis/self-time.js'
import type { Report, ReportNode } from '../tree/report.js'
import { computeDrawnIntervals } from './drawn-intervals.js'

/** A point on a track, with the interval that is drawn. */
export interface LaidPoint extends Interval {
  readonly node: ReportNode
  /**
   * Whether the point is drawn inside its parent on the same track. If not, no other point on the track is open when
   * this point begins.
   */
  readonly isNested: boolean
}

/** A row of points of one group. If two of the points overlap, one contains the other. */
export interface Track {
  readonly group: string
  /** Sorted by start, parents before children. */
  readonly points: readonly LaidPoint[]
}

interface OpenTrack {
  readonly group: string
  readonly points: LaidPoint[]
  /** The points that are open at the current time, outermost first. */
  readonly open: LaidPoint[]
  /** The end of the outermost point, after which the track is free. */
  freeAtUs: number
}

/**
 * Puts points on tracks for trace viewers. A point is on its parent's track if it fits there. A point that runs at the
 * same time as a sibling gets another track, so that nothing is hidden. Each track has points of one group only.
 */
export function layTracks(report: Report, groupOf: (node: ReportNode) => string): Track[] {
  const intervals = computeDrawnIntervals(report)
  const tracks: OpenTrack[] = []
  const tracksOf = new Map<ReportNode, OpenTrack>()
  const freeTracks = new Map<string, OpenTrack[]>()
  const parents = new Map<ReportNode, ReportNode>()
  const starts = report.points.map(node => ({ node, ...(intervals.get(node) ?? { startUs: 0, endUs: 0 }) }))
  // Parents come before their children in the report. Sorting is stable, so this is still true if both start at the
  // same time.
  starts.sort((a, b) => a.startUs - b.startUs)

  for (const { node, startUs, endUs } of starts) {
    for (const child of node.children) parents.set(child, node)
    const group = groupOf(node)
    const parent = parents.get(node)
    const parentTrack = parent === undefined ? undefined : tracksOf.get(parent)
    const isNested = parentTrack?.group === group && fitsInto(parentTrack, parent, startUs, endUs)
    let track = isNested ? parentTrack : undefined
    if (track === undefined) {
      const heap = freeTracks.get(group) ?? []
      freeTracks.set(group, heap)
      track = takeFree(heap, startUs)
      if (track === undefined) {
        track = { group, points: [], open: [], freeAtUs: 0 }
        tracks.push(track)
      }
      track.open.length = 0
      // A point with a duration of 0 still takes up 1 µs.
      track.freeAtUs = Math.max(endUs, startUs + 1)
      addToHeap(heap, track)
    }
    const point = { node, startUs, endUs, isNested }
    track.points.push(point)
    track.open.push(point)
    tracksOf.set(node, track)
  }
  return tracks
}

/**
 * Closes points that have ended. Returns whether the parent is then the innermost open point, and the interval fits
 * into the parent's interval.
 */
function fitsInto({ open }: OpenTrack, parent: ReportNode | undefined, startUs: number, endUs: number): boolean {
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    if (last.node === parent) return startUs >= last.startUs && startUs <= last.endUs && endUs <= last.endUs
    if (last.endUs > startUs) return false
    open.pop()
  }
  return false
}

function takeFree(heap: OpenTrack[], us: number): OpenTrack | undefined {
  const [top] = heap
  if (top === undefined || top.freeAtUs > us) return undefined
  const last = heap.pop()
  if (last !== undefined && last !== top) sinkFromTop(heap, last)
  return top
}

function addToHeap(heap: OpenTrack[], track: OpenTrack): void {
  let index = heap.length
  while (index > 0) {
    const above = (index - 1) >> 1
    const other = heap[above]
    if (other === undefined || other.freeAtUs <= track.freeAtUs) break
    heap[index] = other
    index = above
  }
  heap[index] = track
}

function sinkFromTop(heap: OpenTrack[], track: OpenTrack): void {
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const right = left + 1
    const below = readFreeAtUs(heap, right) < readFreeAtUs(heap, left) ? right : left
    const other = heap[below]
    if (other === undefined || other.freeAtUs >= track.freeAtUs) break
    heap[index] = other
    index = below
  }
  heap[index] = track
}

function readFreeAtUs(heap: readonly OpenTrack[], index: number): number {
  return heap[index]?.freeAtUs ?? Number.POSITIVE_INFINITY
}
