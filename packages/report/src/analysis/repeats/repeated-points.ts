import type { Report, ReportNode } from '../../tree/report.js'
import { createRepetitionKey, isLayer } from '../../words/point-label.js'
import { toInterval, unionUs } from '../self-time.js'
import { groupRepeats } from './group-repeats.js'

/** Siblings that do the same thing from the same line, such as the queries in a loop (N+1). */
export interface Repetition {
  /** At least three, in the order of their starts. */
  readonly nodes: readonly ReportNode[]
  /** The time in which at least one of these points ran, in microseconds. */
  readonly totalUs: number
  readonly sequential: boolean
}

const MIN_POINTS = 3

/**
 * Returns the repetitions in a trace, longest first. Framework layers and points without a start or a stop are left
 * out.
 */
export function findRepetitions(report: Report): Repetition[] {
  const keyOf = createRepetitionKey()
  const found: Repetition[] = []
  for (const siblings of [report.roots, ...report.points.map(node => node.children)]) {
    if (siblings.length < MIN_POINTS) continue
    const finished = siblings.filter(node => node.durationUs !== undefined && !isLayer(node))
    for (const nodes of groupRepeats(finished, keyOf)) {
      if (nodes.length >= MIN_POINTS) found.push(toRepetition(nodes))
    }
  }
  return found.sort((a, b) => b.totalUs - a.totalUs)
}

function toRepetition(nodes: readonly ReportNode[]): Repetition {
  const intervals = nodes.map(toInterval)
  return {
    nodes,
    totalUs: unionUs(intervals),
    sequential: intervals.every(({ startUs }, index) => startUs >= (intervals[index - 1]?.endUs ?? startUs)),
  }
}
