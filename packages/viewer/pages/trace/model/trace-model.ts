import { type Report, type ReportNode, selfTimes } from '@osprofiler/report'
import { createOwnCauses, type OwnCauses } from '@osprofiler/report/toolkit'
import { assignColours } from '../../shared/service-colour.js'
import { type CriticalSpan, findCriticalPath } from './critical-path.js'
import { foldRepeats } from './fold-repeats.js'

/**
 * A report as arrays by the index of a point in tree order, which are fast for a hundred thousand points. The points
 * below point `i` have the indexes from `i + 1` to before `ends[i]`.
 */
export interface TraceModel {
  readonly report: Report
  readonly points: readonly ReportNode[]
  readonly durationUs: number
  /** The indexes of the parents; -1 at the top. */
  readonly parents: Int32Array
  readonly ends: Int32Array
  /**
   * The start and the end of each point. NaN if neither is known. A point without a start begins at its end, and a
   * point without an end lasts until the end of the trace.
   */
  readonly startsUs: Float64Array
  readonly endsUs: Float64Array
  readonly services: readonly string[]
  /** The color numbers of the services. */
  readonly colours: readonly number[]
  /** Each point's index in `services`. */
  readonly serviceOf: Int32Array
  /**
   * For each point, the index of the first point of its fold (its own index, if it is the first), or -1 if it is not
   * folded.
   */
  readonly foldOf: Int32Array
  /** The points of each fold, by the index of its first point. */
  readonly folds: ReadonlyMap<number, readonly number[]>
  readonly indexOf: ReadonlyMap<string, number>
  readonly deepest: number
  readonly criticalOf: () => ReadonlyMap<number, readonly CriticalSpan[]>
  readonly selfUs: () => ReadonlyMap<ReportNode, number>
  readonly causes: () => OwnCauses
}

/** Creates the model of a report. The critical path, the self times and the causes are computed on first use. */
export function createTraceModel(report: Report): TraceModel {
  const { points } = report
  const durationUs = Math.max(report.durationUs ?? 0, 1)
  const count = points.length
  const parents = new Int32Array(count).fill(-1)
  const ends = new Int32Array(count)
  const startsUs = new Float64Array(count)
  const endsUs = new Float64Array(count)
  const serviceOf = new Int32Array(count)
  const services = new Map<string, number>()
  const indexOf = new Map<string, number>()
  const path: number[] = []
  let deepest = 0

  for (let index = 0; index < count; index++) {
    const node = points[index]
    if (node === undefined) continue
    while (path.length > node.depth) ends[path.pop() ?? 0] = index
    parents[index] = path.at(-1) ?? -1
    path.push(index)
    startsUs[index] = node.startedUs ?? node.finishedUs ?? Number.NaN
    endsUs[index] = node.finishedUs ?? (node.startedUs === undefined ? Number.NaN : durationUs)
    const service = node.service ?? ''
    let place = services.get(service)
    if (place === undefined) {
      place = services.size
      services.set(service, place)
    }
    serviceOf[index] = place
    indexOf.set(node.traceId, index)
    if (node.depth > deepest) deepest = node.depth
  }
  for (const index of path) ends[index] = count

  const { foldOf, folds } = foldRepeats(report, indexOf)
  return {
    report,
    points,
    durationUs,
    parents,
    ends,
    startsUs,
    endsUs,
    services: [...services.keys()],
    colours: assignColours([...services.keys()]),
    serviceOf,
    foldOf,
    folds,
    indexOf,
    deepest,
    criticalOf: computeOnce(() => findCriticalPath(report, indexOf)),
    selfUs: computeOnce(() => selfTimes(report)),
    causes: computeOnce(() => cacheStretches(createOwnCauses(report))),
  }
}

/**
 * Caches the stretches of each point, which are the intervals of its self time with their causes. They are cached
 * because rows are drawn often, and a point may have a hundred thousand children.
 */
function cacheStretches(causes: OwnCauses): OwnCauses {
  const cache = new Map<ReportNode, ReturnType<OwnCauses['stretchesOf']>>()
  return {
    ...causes,
    stretchesOf(node) {
      if (causes.accountOf(node) === undefined) return []
      const known = cache.get(node) ?? causes.stretchesOf(node)
      cache.set(node, known)
      return known
    },
  }
}

function computeOnce<Value>(compute: () => Value): () => Value {
  let result: { readonly value: Value } | undefined
  return () => {
    result ??= { value: compute() }
    return result.value
  }
}

/** Returns the color number of a point's service. */
export function colourOfPoint({ colours, serviceOf }: TraceModel, point: number): number {
  return colours[serviceOf[point] ?? 0] ?? 0
}
