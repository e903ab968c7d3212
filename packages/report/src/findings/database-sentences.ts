import { type LateWork, lateUs } from '../analysis/late-work.js'
import { createCover, findHolders, usesPool } from '../analysis/pool-holders.js'
import { toInterval, unionUs } from '../analysis/self-time.js'
import { readPool, type Waiting } from '../analysis/waiting.js'
import { groupBy } from '../tree/group-by.js'
import { readNumber, readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { describeCallSites } from '../words/call-sites.js'
import { formatCount } from '../words/format-duration.js'
import { createRepetitionKey } from '../words/point-label.js'
import { type Quote, shorten } from './phrases.js'
import type { TimeFinding } from './time-sentences.js'

const MIN_LARGE_RESULT_ROWS = 1000

/**
 * Creates a finding such as `41 % of this request is "SELECT * FROM items" in orders, which returned 48,210 rows`.
 * Returns `undefined` if the point is not a query, or returned few rows.
 */
export function describeLargeResult(node: ReportNode, totalUs: number, quote: Quote): TimeFinding | undefined {
  const rows = readNumber(node.stop, 'info', 'db', 'rows') ?? 0
  if (!Number.isSafeInteger(rows) || rows < MIN_LARGE_RESULT_ROWS || node.children.length > 0) return undefined
  const noun = readText(node.start, 'info', 'db', 'system') === 'mongodb' ? 'documents' : 'rows'
  const toSentence = (share: string, duration: string): string =>
    `${share} is ${quote([node])}${describeCallSites([node])}, which returned ${formatCount(rows)} ${noun} (${duration})`
  return { kind: 'slow', nodes: [node], totalUs, isSelfTime: true, toSentence }
}

/**
 * Creates a finding such as `20 % of this request is spent waiting for a connection from a pool of 2 in orders, behind
 * 6 others`. The sentence also names the queries of this trace that used connections during the wait. Returns
 * `undefined` if the size of the pool is not recorded.
 */
export function describePoolWait(waiting: Waiting, report: Report, quote: Quote): TimeFinding | undefined {
  const { nodes, totalUs, pool } = waiting
  if (pool?.max === undefined) return undefined
  const { max } = pool
  const [first] = nodes
  const service = first?.service === undefined ? '' : ` in ${shorten(first.service)}`
  const times = nodes.length === 1 ? '' : `, ${formatCount(nodes.length)} times`
  const before = nodes.reduce((most, node) => Math.max(most, readPool(node)?.waiting ?? 0), 0)
  const behind =
    before === 0
      ? ''
      : `, behind ${nodes.length === 1 ? '' : 'up to '}${formatCount(before)} other${before === 1 ? '' : 's'}`
  // The search for the queries that used connections runs only if the sentence is shown.
  const toSentence = (share: string, duration: string): string =>
    `${share} is spent waiting for a connection from a pool of ${formatCount(max)}${service}${times}${behind}${describeCallSites(nodes)}${describeHolders(waiting, report, quote)} (${duration})`
  return { kind: 'waiting', nodes, totalUs, isSelfTime: false, toSentence }
}

/**
 * Returns the time by which a finding about a wait is ranked. If repeated queries waited for one another's connections,
 * this finding comes before the finding about the queries. The wait explains why the queries ran only partly at the
 * same time.
 */
export function rankWait(wait: TimeFinding, repeated: readonly TimeFinding[]): number {
  const pool = wait.nodes[0] && readPool(wait.nodes[0])?.id
  if (pool === undefined) return wait.totalUs
  const explained = repeated.filter(
    ({ nodes }) => nodes.every(node => usesPool(node, pool)) && heldUs(nodes, wait) * 2 >= wait.totalUs,
  )
  return explained.reduce((us, { totalUs }) => Math.max(us, totalUs + 1), wait.totalUs)
}

/**
 * Names the queries that used connections for most of the wait. Queries that used connections for less time may not be
 * the reason for the wait.
 */
function describeHolders(waiting: Waiting, report: Report, quote: Quote): string {
  const holders = findHolders(waiting, report)
  const cover = createCover(waiting.nodes)
  const sumOf = (nodes: readonly ReportNode[]): number => nodes.reduce((sum, node) => sum + cover(node), 0)
  const [most] = [...groupBy(holders, createRepetitionKey()).values()].sort((a, b) => sumOf(b) - sumOf(a))
  if (most === undefined) return ''
  if (heldUs(most, waiting) * 2 < waiting.totalUs) return ''
  return `; meanwhile ${quote(most, false)} of this trace${describeCallSites(most)}${describeCallSites(most) && ','} held ${most.length === 1 ? 'a connection' : 'connections'}`
}

/** Returns how long at least one of the points ran during the wait, in microseconds. */
function heldUs(nodes: readonly ReportNode[], { nodes: waits, totalUs }: Pick<Waiting, 'nodes' | 'totalUs'>): number {
  return unionUs(nodes.map(toInterval)) + totalUs - unionUs([...nodes, ...waits].map(toInterval))
}

/**
 * Creates a finding such as `120 ms of work went on after the answer of "POST /orders" in orders: "INSERT INTO audit"`.
 */
export function describeLateWork({ served, nodes, totalUs }: LateWork, quote: Quote): TimeFinding {
  const end = served.exception === undefined ? 'answer' : 'end'
  const [most = nodes, ...others] = rankLateSteps(nodes, served, totalUs)
  const count = most.length === 1 ? '' : `${formatCount(most.length)} x `
  const more = others.length === 0 ? '' : ` and ${formatCount(others.length)} more`
  const toSentence = (_share: string, duration: string): string =>
    `${duration} of work went on after the ${end} of ${quote([served])}: ${count}${quote(most, false)}${describeCallSites(most)}${more}`
  return { kind: 'late', nodes, totalUs, isSelfTime: false, toSentence }
}

const MIN_LATE_SHARE = 0.1

/**
 * Groups late points that repeat one another. Leaves out groups with little self time, unless all groups have little,
 * and puts the group with the most self time first.
 */
function rankLateSteps(nodes: readonly ReportNode[], served: ReportNode, totalUs: number): ReportNode[][] {
  const late = new Set(nodes)
  const ownUs = (node: ReportNode): number =>
    lateUs([node], served) -
    lateUs(
      node.children.filter(child => late.has(child)),
      served,
    )
  const groups = Array.from(groupBy(nodes, createRepetitionKey()).values(), group => ({
    group,
    us: group.reduce((sum, node) => sum + ownUs(node), 0),
  })).sort((a, b) => b.us - a.us)
  const long = groups.filter(({ us }) => us >= totalUs * MIN_LATE_SHARE)
  return (long.length === 0 ? groups : long).map(({ group }) => group)
}
