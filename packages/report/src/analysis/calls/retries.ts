import { asNumber } from '@osprofiler/core/json'
import { groupBy } from '../../tree/group-by.js'
import { readField } from '../../tree/read-field.js'
import type { Report, ReportNode } from '../../tree/report.js'
import { isOutgoing } from './service-calls.js'

/** Tries of one request. Each try began after the previous try had failed. */
export interface Retries {
  /** The point that made the request; `undefined` if the tries are at the top of the tree. */
  readonly parent: ReportNode | undefined
  /** At least two tries, sorted by start. The last try may have failed, too. */
  readonly tries: readonly ReportNode[]
  readonly failed: readonly ReportNode[]
  /** The time between the tries, in microseconds. */
  readonly pausesUs: number
  /** The time from the first try to the start of the last one, in microseconds. */
  readonly totalUs: number
}

const TOO_MANY_REQUESTS = 429

/** Returns the requests of a trace that were tried again after a failure, sorted by the time lost, longest first. */
export function findRetries(report: Report): Retries[] {
  const found: Retries[] = []
  addRetries(undefined, report.roots, found)
  for (const node of report.points) addRetries(node, node.children, found)
  return found.sort((a, b) => b.totalUs - a.totalUs)
}

/**
 * Adds the retried requests among siblings to `found`. Returns early if no request failed, which is true for nearly all
 * siblings.
 */
function addRetries(parent: ReportNode | undefined, siblings: readonly ReportNode[], found: Retries[]): void {
  if (siblings.length < 2 || !siblings.some(node => isOutgoing(node) && hasFailed(node))) return
  const requests = siblings.filter(node => isOutgoing(node) && node.durationUs !== undefined)
  for (const same of groupBy(requests, keyOfRequest).values()) found.push(...toRetries(parent, same))
}

/** Returns a key that contains the whole request, because a request with a different id in its path is not a retry. */
function keyOfRequest(node: ReportNode): string {
  const parts = REQUEST_PARTS.map(part => {
    const value = readField(node.start, 'info', 'requests', part)
    return typeof value === 'string' || asNumber(value) !== undefined ? String(value) : ''
  })
  return [node.name, node.service, ...parts].join('\n')
}

const REQUEST_PARTS = ['method', 'scheme', 'hostname', 'port', 'path', 'query']

function toRetries(parent: ReportNode | undefined, same: readonly ReportNode[]): Retries[] {
  const found: Retries[] = []
  let tries: ReportNode[] = []
  const end = (): void => {
    if (tries.length > 1) found.push(sumUp(parent, tries))
    tries = []
  }
  for (const node of same) {
    const last = tries.at(-1)
    const isRetry = last !== undefined && hasFailed(last) && (node.startedUs ?? 0) >= (last.finishedUs ?? 0)
    if (!isRetry) end()
    tries.push(node)
  }
  end()
  return found
}

function sumUp(parent: ReportNode | undefined, tries: readonly ReportNode[]): Retries {
  const pausesUs = tries
    .slice(1)
    .reduce((sum, node, index) => sum + (node.startedUs ?? 0) - (tries[index]?.finishedUs ?? 0), 0)
  const totalUs = (tries.at(-1)?.startedUs ?? 0) - (tries[0]?.startedUs ?? 0)
  return { parent, tries, failed: tries.filter(hasFailed), pausesUs, totalUs }
}

function hasFailed(node: ReportNode): boolean {
  return node.failed || asNumber(readField(node.stop, 'info', 'requests', 'status_code')) === TOO_MANY_REQUESTS
}
