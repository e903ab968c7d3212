import { groupBy } from '../tree/group-by.js'
import { isContainer, readField, readNumber } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { isOutgoing } from './calls/service-calls.js'

/** A served request, call or message whose stop reports how many points its service recorded. */
export interface CountedRequest {
  readonly served: ReportNode
  /** Number of points that the service had recorded by the end of the request, including the served point. */
  readonly recorded: number
  /** How often the service had sent the trace's headers to another service by the end of the request. */
  readonly passedOn: number
  /** Number of the request's points in the trace. Includes points that began after the request had ended. */
  readonly present: number
  /** Number of counted requests that were sent from points of this request. */
  readonly sent: number
  /**
   * 1 if the service announced an account (the causes of the request's time), but the trace does not contain this
   * account; otherwise 0.
   */
  readonly pendingAccounts: number
}

/** The counted requests of a trace, and the points that cannot be assigned to any request. */
export interface RequestCounts {
  readonly requests: readonly CountedRequest[]
  /** The request that each point belongs to. */
  readonly requestOf: ReadonlyMap<ReportNode, CountedRequest>
  /** Points whose parent is missing, and the points below them. They may belong to any request of their service. */
  readonly strays: readonly ReportNode[]
}

/** Counts the points of each request whose service counted them as well. */
export function countRequests(report: Report): RequestCounts {
  const ownCounts = new Map<ReportNode, Counting>()
  for (const node of report.points) {
    const own = readCounts(node)
    if (own !== undefined) ownCounts.set(node, own)
  }
  const requestOf = new Map<ReportNode, Counting>(ownCounts)
  const strays = new Set<ReportNode>()
  if (ownCounts.size === 0) return { requests: [], requestOf, strays: [] }
  for (const node of report.points) {
    const request = requestOf.get(node)
    if (request !== undefined) {
      request.present++
      if (mayHaveBeenOpen(node, request)) request.open++
    } else if (node.marks.includes('orphan')) strays.add(node)
    const isStray = strays.has(node)
    if (request === undefined && !isStray) continue
    for (const child of node.children) {
      if (ownCounts.has(child)) {
        if (request !== undefined) request.sent++
      } else if (isSameRequest(node, child)) {
        if (request !== undefined) requestOf.set(child, request)
        else strays.add(child)
      }
    }
  }
  const accountsOf = new Set(
    (report.accounts ?? []).filter(({ marks }) => !marks.includes('unfinished')).map(({ parentId }) => parentId),
  )
  for (const request of ownCounts.values()) {
    const { served, pending, open, present, recorded } = request
    // A service that announces an account counts this account as one more point that has not stopped.
    if (present >= recorded && pending > open && !accountsOf.has(served.traceId)) request.pendingAccounts = 1
  }
  return { requests: [...ownCounts.values()], requestOf, strays: [...strays] }
}

/** Returns the number of accounts that services announced, but that are not in the trace. */
export function countPendingAccounts(report: Report): number {
  return countRequests(report).requests.reduce((sum, { pendingAccounts }) => sum + pendingAccounts, 0)
}

/** The points of a service that are missing, although the service counted them. */
export interface MissingPoints {
  readonly service: string | undefined
  readonly requests: readonly CountedRequest[]
  /** Number of points that the service recorded in these requests. */
  readonly recorded: number
  readonly missing: number
}

/** Returns the services that counted more points than the trace contains, in tree order. */
export function findMissingPoints(report: Report): MissingPoints[] {
  const { requests, strays } = countRequests(report)
  const straysByService = groupBy(strays, ({ service }) => service)
  const short = requests.filter(({ present, recorded }) => present < recorded)
  return Array.from(
    groupBy(short, ({ served }) => served.service),
    ([service, ofService]) => {
      const recorded = ofService.reduce((sum, request) => sum + request.recorded, 0)
      const below = ofService.reduce((sum, request) => sum + request.present, 0)
      const elsewhere = straysByService.get(service)?.length ?? 0
      return { service, requests: ofService, recorded, missing: recorded - below - elsewhere }
    },
  ).filter(({ missing }) => missing > 0)
}

type Counting = { -readonly [Key in keyof CountedRequest]: CountedRequest[Key] } & {
  /** Number of points that had not stopped when the request ended, according to the service. */
  readonly pending: number
  /** Number of points in the trace that may have been open when the request ended. */
  open: number
}

/** Returns whether a point, other than the served point itself, may have been open when the request ended. */
function mayHaveBeenOpen(node: ReportNode, { served }: Counting): boolean {
  const { finishedUs: endedUs = Number.POSITIVE_INFINITY } = served
  return node !== served && (node.finishedUs ?? Number.POSITIVE_INFINITY) >= endedUs
}

function readCounts(served: ReportNode): Counting | undefined {
  const points = readField(served.stop, 'info', 'points')
  if (points === undefined) return undefined
  const recorded = readCount(points, 'recorded')
  if (recorded === 0) return undefined
  const [passedOn, pending] = [readCount(points, 'passed_on'), readCount(points, 'pending')]
  return { served, recorded, passedOn, pending, pendingAccounts: 0, open: 0, present: 0, sent: 0 }
}

function readCount(points: unknown, member: string): number {
  const count = readNumber(points, member) ?? 0
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

/**
 * Returns whether a point belongs to the request of its parent. A served request below an outgoing call is a separate
 * request, even if it has no counts because it never stopped.
 */
function isSameRequest(parent: ReportNode, child: ReportNode): boolean {
  const isServedCall = isOutgoing(parent) && isContainer(readField(child.start, 'info', 'request'))
  return parent.service === child.service && !isServedCall
}
