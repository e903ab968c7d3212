import type { Report } from '../tree/report.js'
import { boundClocks, type ClockBounds } from './clock-bounds.js'
import { type ClockNames, nameClocks } from './clock-names.js'
import { fitClocks, mayBe } from './fit-clocks.js'

/** What a trace tells of a host's clock. */
export interface HostClock {
  readonly host: string
  /** The service whose clock it is, where services of one host have clocks of their own; `undefined` elsewhere. */
  readonly service: string | undefined
  /** What to add to the host's times, in microseconds, to have them on the clock of the trace's first host. */
  readonly offsetUs: number
  /** How far the true offset is from `offsetUs` at most; `undefined` where nothing in the trace bounds it. */
  readonly boundUs: number | undefined
  /** Whether calls between it and another host contradict one another: a clock was set, or drifts. */
  readonly contradictory: boolean
}

/** What calls say of the difference between two clocks. */
interface ClockPair {
  readonly hosts: readonly [string, string]
  readonly bounds: ClockBounds[]
}

/** What to add to the second host's times to have them on the first one's clock. */
interface Difference {
  readonly hosts: readonly [string, string]
  readonly us: number
  readonly boundUs: number
}

/** Clocks that run apart by milliseconds during a trace are no contradiction. */
const JITTER_US = 10_000
/** The fastest that NTP has a clock run ahead or behind. */
const DRIFT = 500e-6

/**
 * The clocks of a trace's hosts, in the order in which they appear, as its calls tell. A callee cannot start before its
 * caller, and one that is waited for does not end after it, or hardly: each call between two hosts thus bounds the
 * difference of their clocks from both sides, as an exchange of NTP does, and all calls together to where the bounds
 * intersect. Where that has room for clocks that agree, they are taken to agree; or else the middle of it is the estimate.
 *
 * After RFC 5905, and Marzullo, "Maintaining the Time in a Distributed System" (1984).
 */
export function estimateClocks(report: Report): HostClock[] {
  const toleranceUs = toleranceOf(report)
  const clocks = nameClocks(report, toleranceUs)
  const pairs = gatherPairs(report, clocks)
  const contradictory = new Set<string>()
  const differences: Difference[] = []
  for (const { hosts, bounds } of pairs) {
    const fit = fitClocks(bounds, toleranceUs)
    if (fit !== undefined) differences.push({ hosts, ...fit })
    else for (const host of hosts) contradictory.add(host)
  }
  // Where there are several ways from one host to another, the narrowest bounds are the best to go by.
  differences.sort((a, b) => (a.boundUs < b.boundUs ? -1 : a.boundUs > b.boundUs ? 1 : 0))
  const known = spread(new Set(clocks.names.keys()), joinTree(differences))
  for (const host of findContradictory(pairs, known, toleranceUs)) contradictory.add(host)
  return Array.from(known, ([name, { us, boundUs }]) => ({
    ...(clocks.names.get(name) ?? { host: name, service: undefined }),
    offsetUs: us,
    boundUs: Number.isFinite(boundUs) ? boundUs : undefined,
    contradictory: contradictory.has(name),
  }))
}

/** Each clock runs evenly for the time of the longest point, which one clock has measured. */
function toleranceOf({ points }: Report): number {
  const longestUs = points.reduce((longest, { durationUs = 0 }) => Math.max(longest, durationUs), 0)
  return JITTER_US + Math.ceil(longestUs * DRIFT)
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

/** The clocks of pairs that no difference puts right, or not the one that was found by other ways. */
function findContradictory(
  pairs: readonly ClockPair[],
  known: ReadonlyMap<string, { readonly us: number }>,
  toleranceUs: number,
): Set<string> {
  const contradictory = new Set<string>()
  for (const { hosts, bounds } of pairs) {
    const us = (known.get(hosts[1])?.us ?? 0) - (known.get(hosts[0])?.us ?? 0)
    if (bounds.every(one => mayBe(one, us, toleranceUs))) continue
    for (const host of hosts) contradictory.add(host)
  }
  return contradictory
}

/** The differences to go by: the first ones that connect hosts not yet connected (Kruskal). */
function joinTree(differences: readonly Difference[]): Map<string, Difference[]> {
  const above = new Map<string, string>()
  const topOf = (host: string): string => {
    let top = host
    for (let next = above.get(top); next !== undefined; next = above.get(top)) top = next
    for (let at = host; at !== top; ) {
      const next = above.get(at) ?? top
      above.set(at, top)
      at = next
    }
    return top
  }
  const tree = new Map<string, Difference[]>()
  for (const difference of differences) {
    const [a, b] = difference.hosts
    const [topA, topB] = [topOf(a), topOf(b)]
    if (topA === topB) continue
    above.set(topB, topA)
    for (const host of [a, b]) {
      const there = tree.get(host)
      if (there === undefined) tree.set(host, [difference])
      else there.push(difference)
    }
  }
  return tree
}

/** Walks the tree from the first host, and from the first of those that no call connects with it. */
function spread(
  hosts: ReadonlySet<string>,
  tree: ReadonlyMap<string, readonly Difference[]>,
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
