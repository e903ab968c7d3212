import { Math } from '../../platform/platform.js'
import type { Section } from '../recording/recording.js'
import type { AddPiece, Cause, CauseKind } from './cause.js'
import type { SampledPeriods } from './sampled-periods.js'
import type { Ran } from './samples.js'
import { findFirstBy } from './sorted.js'

/**
 * Assigns a cause to a period, except for the sections in it and the time that already has a cause. If `cause` is
 * `undefined`, the request was ready to run, but other code ran.
 */
export type ExplainGaps = (from: number, to: number, cause: Cause | undefined) => void

/** Creates the function that explains the time between sections. No period gets a second cause. */
export function createGapExplainer(sections: readonly Section[], periods: SampledPeriods, put: AddPiece): ExplainGaps {
  /** The periods between sections that already have a cause, in order of time. */
  const explained: { readonly from: number; readonly to: number }[] = []

  function explainGap(from: number, to: number, cause: Cause | undefined): void {
    if (to <= from) return
    const at = findFirstBy(explained, to, other => other.from)
    const other = explained[at - 1]
    if (other !== undefined && other.to > from) {
      explainGap(Math.max(other.to, from), to, cause)
      explainGap(from, other.from, cause)
      return
    }
    explained.splice(at, 0, { from, to })
    if (cause?.kind === 'wait' || cause?.kind === 'pool') put(from, to, cause)
    else putHeld(from, to, cause)
  }

  /**
   * Adds a period in which other code occupied the event loop, or may have occupied it. The samples show which code
   * ran.
   */
  function putHeld(from: number, to: number, cause: Cause | undefined): void {
    const kind: CauseKind = cause === undefined ? 'held' : cause.kind
    const unsampled: Cause = cause === undefined ? { kind: 'held' } : { ...cause, kind: 'wait' }
    // Without samples, it is unknown whether other code ran.
    if (periods.areMissing) return put(from, to, cause ?? unsampled)
    const sampled = periods.divide(from, to)
    for (const { from: left, to: right, ran } of sampled) {
      const isIdle = ran.kind === 'idle' || (ran.kind === 'native' && cause !== undefined)
      put(left, right, isIdle ? unsampled : { ...cause, kind, ...nameHolder(ran) })
    }
    if (sampled.length === 0) put(from, to, unsampled)
  }

  return (from, to, cause) => {
    let left = from
    const first = Math.max(0, findFirstBy(sections, from, section => section.from) - 1)
    for (let at = first; at < sections.length && left < to; at++) {
      const section = sections[at]
      if (section === undefined || section.from >= to) break
      if (section.to <= left) continue
      explainGap(left, Math.min(section.from, to), cause)
      left = Math.max(left, section.to)
    }
    explainGap(left, to, cause)
  }
}

function nameHolder({ kind, cause, isNode }: Ran): Pick<Cause, 'by' | 'byFile' | 'byLine'> {
  if (kind === 'gc') return { by: 'garbage collection' }
  if (cause?.kind === 'osprofiler') return { by: 'osprofiler' }
  if (isNode || cause === undefined) return { by: 'Node.js' }
  return { by: cause.function, byFile: cause.file, byLine: cause.line }
}
