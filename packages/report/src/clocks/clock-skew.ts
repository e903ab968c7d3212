import type { Report } from '../tree/report.js'
import { boundClocks, type ClockBounds } from './clock-bounds.js'
import { type ClockNames, nameClocks } from './clock-names.js'
import { allowsOffset, fitClocks } from './fit-clocks.js'

/** The facts about a host's clock that a trace reveals. */
export interface HostClock {
  readonly host: string
  /** The service with this clock, if the services of the host have different clocks. */
  readonly service: string | undefined
  /** Microseconds to add to the host's times to put them on the clock of the trace's first host. */
  readonly offsetUs: number
  /** Maximum error of `offsetUs` in microseconds, or `undefined` if nothing in the trace limits the error. */
  readonly boundUs: number | undefined
  /**
   * Whether calls between this host and another host contradict one another, because a clock was adjusted or drifts.
   */
  readonly contradictory: boolean
}

interface ClockPair {
  readonly hosts: readonly [string, string]
  readonly bounds: ClockBounds[]
}

/** The offset to add to the second host's times to put them on the first host's clock. */
interface ClockDifference {
  readonly hosts: readonly [string, string]
  readonly us: number
  readonly boundUs: number
}

/** Clocks may drift apart by this much during a trace before their times count as contradictory. */
const JITTER_US = 10_000
/** The highest rate at which NTP lets a clock gain or lose time. */
const MAX_DRIFT_RATE = 500e-6

/**
 * Estimates the clocks of a trace's hosts, in the order in which the hosts appear. A callee cannot start before its
 * caller, and if the caller waits, the callee cannot end much later than the caller. So each call between two hosts
 * bounds the offset of their clocks from both sides, like an NTP exchange. If the intersection of all bounds allows an
 * offset of 0, the clocks are assumed to agree. Otherwise the estimate is the midpoint of the intersection. Sources:
 * RFC 5905, and Marzullo, "Maintaining the Time in a Distributed System" (1984).
 */
export function estimateClocks(report: Report): HostClock[] {
  const toleranceUs = computeToleranceUs(report)
  const clocks = nameClocks(report, toleranceUs)
  const pairs = gatherPairs(report, clocks)
  const contradictory = new Set<string>()
  const differences: ClockDifference[] = []
  for (const { hosts, bounds } of pairs) {
    const fit = fitClocks(bounds, toleranceUs)
    if (fit !== undefined) differences.push({ hosts, ...fit })
    else for (const host of hosts) contradictory.add(host)
  }
  // If several chains of calls connect two hosts, the calls with the narrowest limits are used.
  differences.sort((a, b) => (a.boundUs < b.boundUs ? -1 : a.boundUs > b.boundUs ? 1 : 0))
  const known = propagateOffsets(new Set(clocks.names.keys()), buildSpanningTree(differences))
  for (const host of findContradictory(pairs, known, toleranceUs)) contradictory.add(host)
  return Array.from(known, ([name, { us, boundUs }]) => ({
    ...(clocks.names.get(name) ?? { host: name, service: undefined }),
    offsetUs: us,
    boundUs: Number.isFinite(boundUs) ? boundUs : undefined,
    contradictory: contradictory.has(name),
  }))
}

/**
 * Returns by how much times may contradict one another: the tolerated jitter, plus the drift of a clock during the
 * longest point. A single clock measured the whole duration of that point, and may have drifted meanwhile.
 */
function computeToleranceUs({ points }: Report): number {
  const longestUs = points.reduce((longest, { durationUs = 0 }) => Math.max(longest, durationUs), 0)
  return JITTER_US + Math.ceil(longestUs * MAX_DRIFT_RATE)
}

function gatherPairs(report: Report, { names, clockOf }: ClockNames): ClockPair[] {
  const numbers = new Map([...names.keys()].map((name, number) => [name, number]))
  const pairs = new Map<string, ClockPair>()
  for (const parent of report.points) {
    for (const child of parent.children) {
      const [above, below] = [clockOf(parent), clockOf(child)]
      if (above === undefined || below === undefined || above === below) continue
      const [a, b] = [numbers.get(above) ?? 0, numbers.get(below) ?? 0]
      const bounds = boundClocks(parent, child, a < b)
      if (bounds === undefined) continue
      const key = a < b ? `${a} ${b}` : `${b} ${a}`
      const pair = pairs.get(key)
      if (pair !== undefined) pair.bounds.push(bounds)
      else pairs.set(key, { hosts: a < b ? [above, below] : [below, above], bounds: [bounds] })
    }
  }
  return [...pairs.values()]
}

/**
 * Returns the clocks of pairs whose limits exclude the estimated offset. Such limits contradict one another, or
 * contradict the calls of other hosts.
 */
function findContradictory(
  pairs: readonly ClockPair[],
  known: ReadonlyMap<string, { readonly us: number }>,
  toleranceUs: number,
): Set<string> {
  const contradictory = new Set<string>()
  for (const { hosts, bounds } of pairs) {
    const us = (known.get(hosts[1])?.us ?? 0) - (known.get(hosts[0])?.us ?? 0)
    if (bounds.every(one => allowsOffset(one, us, toleranceUs))) continue
    for (const host of hosts) contradictory.add(host)
  }
  return contradictory
}

/** Selects each difference that connects two hosts not connected by the differences before it (Kruskal's algorithm). */
function buildSpanningTree(differences: readonly ClockDifference[]): Map<string, ClockDifference[]> {
  const parentOf = new Map<string, string>()
  const findTop = (host: string): string => {
    let top = host
    for (let next = parentOf.get(top); next !== undefined; next = parentOf.get(top)) top = next
    for (let at = host; at !== top; ) {
      const next = parentOf.get(at) ?? top
      parentOf.set(at, top)
      at = next
    }
    return top
  }
  const tree = new Map<string, ClockDifference[]>()
  for (const difference of differences) {
    const [a, b] = difference.hosts
    const [topA, topB] = [findTop(a), findTop(b)]
    if (topA === topB) continue
    parentOf.set(topB, topA)
    for (const host of [a, b]) {
      const entry = tree.get(host)
      if (entry === undefined) tree.set(host, [difference])
      else entry.push(difference)
    }
  }
  return tree
}

/**
 * Walks the tree from the first host, and then from the first host of each group that no call connects to the earlier
 * hosts.
 */
function propagateOffsets(
  hosts: ReadonlySet<string>,
  tree: ReadonlyMap<string, readonly ClockDifference[]>,
): Map<string, { us: number; boundUs: number }> {
  const known = new Map<string, { us: number; boundUs: number }>()
  for (const first of hosts) {
    if (known.has(first)) continue
    known.set(first, { us: 0, boundUs: known.size === 0 ? 0 : Infinity })
    const waiting = [first]
    for (let host = waiting.pop(); host !== undefined; host = waiting.pop()) {
      const from = known.get(host) ?? { us: 0, boundUs: Infinity }
      for (const {
        hosts: [a, b],
        us,
        boundUs,
      } of tree.get(host) ?? []) {
        const other = host === a ? b : a
        if (known.has(other)) continue
        known.set(other, { us: host === a ? from.us + us : from.us - us, boundUs: from.boundUs + boundUs })
        waiting.push(other)
      }
    }
  }
  return known
}
