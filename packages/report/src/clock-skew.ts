import { isOutgoing, isServed, isUnread } from './hops.js'
import type { Report, ReportNode } from './report.js'

/** What a trace tells of a host's clock. */
export interface HostClock {
  readonly host: string
  /** What to add to the host's times, in microseconds, to have them on the clock of the trace's first host. */
  readonly offsetUs: number
  /** How far the true offset is from `offsetUs` at most; `undefined` where nothing in the trace bounds it. */
  readonly boundUs: number | undefined
  /** Whether calls between it and another host contradict one another: a clock was set, or drifts. */
  readonly contradictory: boolean
}

/** What calls say of the difference between two hosts' clocks: it lies between these. */
interface Constraints {
  readonly hosts: readonly [string, string]
  /** From causes and effects: nothing starts before what started it. */
  hardMin: number
  hardMax: number
  /** From calls that wait: an answer ends before the call that it answers, or hardly later. */
  readonly softMins: number[]
  readonly softMaxes: number[]
}

/** What to add to the second host's times to have them on the first one's clock. */
interface Difference {
  readonly hosts: readonly [string, string]
  readonly us: number
  readonly boundUs: number
}

/** A response's end is seen by its server as late as this after its client: no sign of clocks that differ. */
const LATE_END_US = 1000

/**
 * The clocks of a trace's hosts, in the order in which they appear, as its calls tell. A callee cannot start before its
 * caller, and one that is waited for does not end after it: each call between two hosts thus bounds the difference of
 * their clocks from both sides, as an exchange of NTP does, and all calls together to where the bounds intersect. Where
 * that has room for clocks that agree, they are taken to agree; or else the middle of it is the estimate.
 *
 * After RFC 5905, and Marzullo, "Maintaining the Time in a Distributed System" (1984).
 */
export function estimateClocks(report: Report): HostClock[] {
  const pairs = gatherConstraints(report)
  const contradictory = new Set<string>()
  const differences: Difference[] = []
  for (const pair of pairs) {
    const difference = solve(pair)
    if (difference !== undefined) differences.push(difference)
    else for (const host of pair.hosts) contradictory.add(host)
  }
  // Where there are several ways from one host to another, the narrowest bounds are the best to go by.
  differences.sort((a, b) => (a.boundUs < b.boundUs ? -1 : a.boundUs > b.boundUs ? 1 : 0))
  const known = spread(listHosts(report), joinTree(differences))
  return Array.from(known, ([host, { us, boundUs }]) => ({
    host,
    offsetUs: us,
    boundUs: Number.isFinite(boundUs) ? boundUs : undefined,
    contradictory: contradictory.has(host),
  }))
}

function listHosts(report: Report): Set<string> {
  return new Set(report.points.map(({ host }) => host).filter(host => host !== undefined))
}

function gatherConstraints(report: Report): Constraints[] {
  const numbers = new Map<string, number>()
  const pairs = new Map<string, Constraints>()
  for (const host of listHosts(report)) numbers.set(host, numbers.size)
  for (const parent of report.points) {
    for (const child of parent.children) {
      if (parent.host === undefined || child.host === undefined || parent.host === child.host) continue
      const [a, b] = [numbers.get(parent.host) ?? 0, numbers.get(child.host) ?? 0]
      const key = a < b ? `${a} ${b}` : `${b} ${a}`
      let pair = pairs.get(key)
      if (pair === undefined) {
        const hosts = a < b ? ([parent.host, child.host] as const) : ([child.host, parent.host] as const)
        pair = { hosts, hardMin: -Infinity, hardMax: Infinity, softMins: [], softMaxes: [] }
        pairs.set(key, pair)
      }
      constrain(pair, parent, child)
    }
  }
  return [...pairs.values()]
}

function constrain(pair: Constraints, parent: ReportNode, child: ReportNode): void {
  const forwards = parent.host === pair.hosts[0]
  if (parent.startedUs !== undefined && child.startedUs !== undefined) {
    const us = parent.startedUs - child.startedUs
    if (forwards) pair.hardMin = Math.max(pair.hardMin, us)
    else pair.hardMax = Math.min(pair.hardMax, -us)
  }
  // Of other children nobody knows whether they were waited for.
  if (!isOutgoing(parent) || isUnread(parent) || !isServed(child)) return
  if (parent.finishedUs !== undefined && child.finishedUs !== undefined) {
    const us = parent.finishedUs - child.finishedUs
    if (forwards) pair.softMaxes.push(us)
    else pair.softMins.push(-us)
  }
}

/** `undefined` where causes and effects contradict one another. */
function solve({ hosts, hardMin, hardMax, softMins, softMaxes }: Constraints): Difference | undefined {
  if (hardMin > hardMax) return undefined
  // An answer that would have to begin before it was asked for outlasted its call, as a stream does.
  let softMin = softMins.reduce((most, us) => (us <= hardMax ? Math.max(most, us) : most), -Infinity)
  let softMax = softMaxes.reduce((least, us) => (us >= hardMin ? Math.min(least, us) : least), Infinity)
  if (Math.max(hardMin, softMin) > Math.min(hardMax, softMax)) {
    softMin = -Infinity
    softMax = Infinity
  }
  const min = Math.max(hardMin, softMin)
  const max = Math.min(hardMax, softMax)
  const mayAgree = hardMin <= 0 && hardMax >= 0 && softMin <= LATE_END_US && softMax >= -LATE_END_US
  if (mayAgree) return { hosts, us: 0, boundUs: Math.max(-min, max) }
  if (min === -Infinity) return { hosts, us: max, boundUs: Infinity }
  if (max === Infinity) return { hosts, us: min, boundUs: Infinity }
  return { hosts, us: Math.round((min + max) / 2), boundUs: Math.ceil((max - min) / 2) }
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
