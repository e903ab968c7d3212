import type { Report, ReportNode } from '../../tree/report.js'
import { createRepetitionKey, isLayer } from '../../words/point-label.js'
import { type Cover, createCover } from '../pool-holders.js'
import { selfTimes, toInterval, unionUs } from '../self-time.js'
import { groupRepeats } from './group-repeats.js'

/** Siblings that do the same thing from the same line, such as the queries in a loop (N+1). */
export interface Repetition {
  /** At least three points, sorted by start. */
  readonly nodes: readonly ReportNode[]
  /** The time in which at least one of these points ran, in microseconds. */
  readonly totalUs: number
  /** The pauses between the steps of a long loop, in microseconds. Without the loop, there would be no pauses. */
  readonly pausesUs: number
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
    let known: Cover | undefined
    const cover = (): Cover => {
      known ??= createCover(siblings)
      return known
    }
    for (const nodes of groupRepeats(finished, keyOf)) {
      if (nodes.length < MIN_POINTS) continue
      const repetition = toRepetition(nodes)
      found.push({ ...repetition, pausesUs: sumPauses(repetition, cover) })
    }
  }
  return found.sort((a, b) => b.totalUs - a.totalUs)
}

/** Repetitions of at least this many points matter, even if all points run at the same time. */
const MIN_MANY_POINTS = 10

/**
 * Leaves out repetitions whose time has another explanation. In such a repetition, a few points ran at the same time,
 * and points below one of them took most of the time.
 */
export function keepUnexplained(repetitions: readonly Repetition[], report: Report): Repetition[] {
  const isParallel = ({ nodes, sequential }: Repetition): boolean => !sequential && nodes.length < MIN_MANY_POINTS
  if (!repetitions.some(isParallel)) return [...repetitions]
  const own = selfTimes(report)
  const isExplained = ({ nodes, totalUs }: Repetition): boolean =>
    nodes.some(node => (node.durationUs ?? 0) - (own.get(node) ?? 0) >= totalUs * MIN_EXPLAINED_SHARE)
  return repetitions.filter(repetition => !isParallel(repetition) || !isExplained(repetition))
}

const MIN_EXPLAINED_SHARE = 0.75

function toRepetition(nodes: readonly ReportNode[]): Omit<Repetition, 'pausesUs'> {
  const intervals = nodes.map(toInterval)
  return {
    nodes,
    totalUs: unionUs(intervals),
    sequential: intervals.every(({ startUs }, index) => startUs >= (intervals[index - 1]?.endUs ?? startUs)),
  }
}

/**
 * The pauses of a loop are similar. If one pause takes more than this share of the sum of all pauses, something else
 * happened during this pause.
 */
const MAX_PAUSE_SHARE = 0.25

/** Returns the time between the steps of a loop in which no sibling ran. Returns 0 if there is no long loop. */
function sumPauses({ nodes, sequential }: Omit<Repetition, 'pausesUs'>, cover: () => Cover): number {
  if (!sequential || nodes.length < MIN_MANY_POINTS) return 0
  const pauses = nodes.slice(1).map(({ startedUs }, index) => {
    const pause = { startedUs: nodes[index]?.finishedUs, finishedUs: startedUs }
    return (pause.finishedUs ?? 0) - (pause.startedUs ?? 0) - cover()(pause)
  })
  const sum = pauses.reduce((total, us) => total + us, 0)
  return pauses.some(us => us > sum * MAX_PAUSE_SHARE) ? 0 : sum
}
