import { readMessageStep } from '@osprofiler/core/record'
import { groupBy } from '../tree/group-by.js'
import type { Report, ReportNode } from '../tree/report.js'
import { isOutgoing, isServed } from './calls/service-calls.js'
import { unionUs } from './self-time.js'

/** Work that a service continued after it had served a request. */
export interface LateWork {
  readonly served: ReportNode
  /** The points that ended after the served request, in tree order. */
  readonly nodes: readonly ReportNode[]
  /** The time after the request's end in which at least one of these points ran, in microseconds. */
  readonly totalUs: number
}

/** The part of a trace until the request was answered, and the separate work that was done afterwards. */
export interface AnswerSplit {
  /** The trace without the work after the answer. It is the given report if there is no such work. */
  readonly request: Report
  /**
   * The separate work that mostly ran after the answer, with all points below it. Separate work is a consumed message,
   * or a point of another service that is not part of a request to that service.
   */
  readonly later: ReadonlySet<ReportNode>
}

/** The innermost and the outermost served request around a point. */
interface Owners {
  /**
   * The innermost served request. `undefined` for a served request itself, and for a consumed message and the points
   * below it.
   */
  readonly served: ReportNode | undefined
  readonly outermost: ReportNode
}

/**
 * Returns the work after the end of each served request, longest first. Only points of the same service on the same
 * host count, because their times come from the same clock. The work on a consumed message does not count.
 */
export function findLateWork(report: Report): LateWork[] {
  const owners = findOwners(report)
  const lateNodes = report.points.filter(node => isLate(node, owners.get(node)?.served))
  return Array.from(
    groupBy(lateNodes, node => owners.get(node)?.served),
    ([served, nodes]) => (served === undefined ? [] : [{ served, nodes, totalUs: lateUs(nodes, served) }]),
  )
    .flat()
    .sort((a, b) => b.totalUs - a.totalUs)
}

/** Returns how long at least one of the points ran after a served request had ended, in microseconds. */
export function lateUs(nodes: readonly ReportNode[], { finishedUs: answeredUs = 0 }: ReportNode): number {
  return unionUs(
    nodes.map(({ startedUs = 0, finishedUs = 0 }) => ({ startUs: Math.max(startedUs, answeredUs), endUs: finishedUs })),
  )
}

/**
 * Splits a trace at the end of the request, when it was answered. Findings about the request then leave out work that
 * continued after the answer. A point that continued after the end of its served request is left out if most of its
 * time came afterwards. Otherwise, the point is cut at the request's end.
 */
export function splitAtAnswer(report: Report): AnswerSplit {
  const owners = findOwners(report)
  const leftOut = new Set<ReportNode>()
  const later = new Set<ReportNode>()
  const cut = new Set<ReportNode>()
  for (const node of report.points) {
    const owner = owners.get(node)
    const served = owner?.served
    if (owner !== undefined && isSeparate(node, owner)) later.add(node)
    if (isLate(node, served)) (isMostlyLate(node, served) ? leftOut : cut).add(node)
    for (const child of node.children) {
      if (later.has(node)) later.add(child)
      if (leftOut.has(node)) leftOut.add(child)
    }
  }
  if (leftOut.size + later.size + cut.size === 0) return { request: report, later }
  const copies = new Map<ReportNode, ReportNode>()
  const copyKept = (nodes: readonly ReportNode[]): ReportNode[] =>
    nodes.flatMap(node => (leftOut.has(node) || later.has(node) ? [] : [copies.get(node) ?? node]))
  for (const node of report.points.toReversed()) {
    const end = cut.has(node) ? endWith(node, owners.get(node)?.served) : undefined
    const hasChanged = node.children.some(child => leftOut.has(child) || later.has(child) || copies.has(child))
    if (end !== undefined || hasChanged) copies.set(node, { ...node, ...end, children: copyKept(node.children) })
  }
  const points = copyKept(report.points)
  return { request: { ...report, durationUs: endOf(report, points), roots: copyKept(report.roots), points }, later }
}

function findOwners(report: Report): Map<ReportNode, Owners> {
  const owners = new Map<ReportNode, Owners>()
  for (const node of report.points) {
    const found = owners.get(node)
    const outermost = found?.outermost ?? (isServed(node) ? node : undefined)
    if (outermost === undefined) continue
    const served = isServed(node) ? node : isConsumer(node) ? undefined : found?.served
    owners.set(node, { served: served === node ? undefined : served, outermost })
    for (const child of node.children) owners.set(child, { served, outermost })
  }
  return owners
}

function isConsumer({ name, start, stop }: ReportNode): boolean {
  return readMessageStep({ name, startInfo: start?.info, stopInfo: stop?.info })?.type === 'process'
}

/**
 * Clocks of other services may be wrong by several milliseconds, so separate work must end at least this much later
 * than the answer.
 */
const MIN_SEPARATE_US = 10_000

function isSeparate(node: ReportNode, { served, outermost }: Owners): boolean {
  const { startedUs, finishedUs } = node
  const { finishedUs: answeredUs } = outermost
  if (answeredUs === undefined || startedUs === undefined) return false
  const afterUs = (finishedUs ?? Number.POSITIVE_INFINITY) - answeredUs
  const beforeUs = answeredUs - startedUs
  const isAfter = afterUs >= MIN_SEPARATE_US && beforeUs <= (finishedUs === undefined ? 0 : afterUs)
  return isAfter && (isConsumer(node) || (served === outermost && !isSameClock(node, outermost)))
}

function isSameClock(node: ReportNode, { host, service }: ReportNode): boolean {
  return node.host === host && node.service === service
}

function isLate(node: ReportNode, served: ReportNode | undefined): served is ReportNode {
  if (served?.finishedUs === undefined || served.finishedUs < (served.startedUs ?? Number.POSITIVE_INFINITY))
    return false
  if (node.startedUs === undefined || node.finishedUs === undefined || node.finishedUs < node.startedUs) return false
  return node.finishedUs > served.finishedUs && isSameClock(node, served)
}

/**
 * Returns whether most of a point's time came after the answer. If a point started before the answer and has children,
 * this function returns false unless the point is an outgoing call. The point's own steps may have ended before the
 * answer, even if the point itself ended much later.
 */
function isMostlyLate(node: ReportNode, { finishedUs: answeredUs = 0 }: ReportNode): boolean {
  const { startedUs = 0, finishedUs = 0, children } = node
  if (startedUs >= answeredUs) return true
  return (children.length === 0 || isOutgoing(node)) && answeredUs - startedUs <= finishedUs - answeredUs
}

function endWith(
  { startedUs = 0 }: ReportNode,
  served: ReportNode | undefined,
): Pick<ReportNode, 'finishedUs' | 'durationUs'> {
  const finishedUs = served?.finishedUs ?? startedUs
  return { finishedUs, durationUs: finishedUs - startedUs }
}

function endOf({ roots: [root, ...others], durationUs }: Report, points: readonly ReportNode[]): number | undefined {
  if (durationUs === undefined) return undefined
  if (root?.finishedUs !== undefined && others.length === 0 && isServed(root))
    return Math.min(root.finishedUs, durationUs)
  let lastUs = 0
  for (const { startedUs = 0, finishedUs = 0 } of points) lastUs = Math.max(lastUs, startedUs, finishedUs)
  return Math.min(lastUs, durationUs)
}
