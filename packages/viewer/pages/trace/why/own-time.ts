import type { ReportNode } from '@osprofiler/report'
import type { Cause, Stretch } from '@osprofiler/report/toolkit'
import type { TraceModel } from '../model/trace-model.js'
import type { Range } from '../view/time-range.js'

/** A part of the colored band that shows causes in a bar, in microseconds since the start of the trace. */
type BandPart = Stretch & { readonly cause: Cause }

/**
 * A cause, and its part of a point's self time. If `cause` is `undefined`, `us` is the time of all causes that the
 * account does not list.
 */
interface OwnCause {
  readonly cause: Cause | undefined
  readonly us: number
}

/** Shorter parts of a band are not visible. */
const MIN_BAND_SHARE = 0.001

/** Returns the visible parts of the bands of some points. Neighbors with the same cause are one part. */
export function listBandParts({ points, causes }: TraceModel, members: readonly number[], range: Range): BandPart[] {
  const own = causes()
  if (own.accounts.length === 0) return []
  const minUs = (range.toUs - range.fromUs) * MIN_BAND_SHARE
  const parts: BandPart[] = []
  for (const member of members) {
    const node = points[member]
    if (node === undefined) continue
    let last: { startUs: number; endUs: number; cause: Cause } | undefined
    for (const { startUs, endUs, cause } of own.stretchesOf(node)) {
      if (cause === undefined || endUs < range.fromUs || startUs > range.toUs) continue
      if (last?.cause === cause && startUs - last.endUs <= minUs) {
        last.endUs = endUs
      } else if (endUs - startUs >= minUs) {
        last = { startUs, endUs, cause }
        parts.push(last)
      }
    }
  }
  return parts
}

/** Returns the causes of a point's self time, longest first. */
export function listOwnCauses({ causes }: TraceModel, node: ReportNode): OwnCause[] {
  const times = new Map<Cause | undefined, number>()
  for (const { cause, startUs, endUs } of causes().stretchesOf(node)) {
    times.set(cause, (times.get(cause) ?? 0) + endUs - startUs)
  }
  return Array.from(times, ([cause, us]) => ({ cause, us })).sort((a, b) => b.us - a.us)
}

/** Returns whether a point's time overlaps with that of another point with the same parent. */
export function overlapsSibling({ points, parents, indexOf }: TraceModel, node: ReportNode): boolean {
  const parent = points[parents[indexOf.get(node.traceId) ?? -1] ?? -1]
  const { startedUs = 0, finishedUs = Number.POSITIVE_INFINITY } = node
  return (parent?.children ?? []).some(
    other =>
      other !== node &&
      (other.startedUs ?? 0) < finishedUs &&
      (other.finishedUs ?? Number.POSITIVE_INFINITY) > startedUs,
  )
}
