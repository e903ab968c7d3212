import { asNumber } from '@osprofiler/core/json'
import { isOutgoing } from '../analysis/calls/service-calls.js'
import { readField, readText } from '../tree/read-field.js'
import { formatDigits, formatStatus } from '../tree/read-record.js'
import type { Report, ReportNode } from '../tree/report.js'
import { describeCallSites } from '../words/call-sites.js'
import { formatCounted } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import { createFinding, type Finding } from './finding.js'
import { DEFAULT_QUOTE_CHARS, type Quote, shorten } from './phrases.js'

const MAX_MESSAGE_CHARS = 200

/**
 * Reports where failures began. Each of the first `limit` points has its own sentence, and the other points share one
 * sentence.
 */
export function failedFindings({ report, limit, quote, longestQuote }: Evidence): Finding[] {
  const origins = findFailureOrigins(report)
  const findings = origins
    .slice(0, limit)
    .map(node => createFinding('failed', [node], describeFailedPoint(node, quote, longestQuote)))
  const rest = origins.slice(limit)
  if (rest.length > 0)
    findings.push(createFinding('failed', rest, `${formatCounted(rest.length, 'more point')} failed`))
  return findings
}

function describeFailedPoint(node: ReportNode, quote: Quote, longest: number): string {
  const place = describeCallSites([node])
  return `${quote([node])}${place}${place && ','} failed: ${describeFailure(node, longest)}`
}

/**
 * Returns the failed points that have no failed point below them. Any other failed point usually failed because of a
 * point below it.
 */
export function findFailureOrigins(report: Report): ReportNode[] {
  const failedBelow = new Set<ReportNode>()
  const abandoned = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    if (node.children.some(child => (child.failed && !wasAbandoned(child, node)) || failedBelow.has(child)))
      failedBelow.add(node)
    for (const child of node.children) if (wasAbandoned(child, node)) abandoned.add(child)
  }
  return report.points.filter(node => node.failed && !failedBelow.has(node) && !abandoned.has(node))
}

/** Returns whether the caller gave up first. The callee's own failure is then only a consequence. */
function wasAbandoned(node: ReportNode, caller: ReportNode): boolean {
  return caller.failed && isOutgoing(caller) && node.exception === ABANDONED
}

/** The exception that is recorded for a served request whose client has closed the connection. */
const ABANDONED = 'ClientDisconnected'

/** Returns a text such as `TimeoutError: no answer`, or `status 503` if no exception was recorded. */
export function describeFailure(node: ReportNode, longest = DEFAULT_QUOTE_CHARS): string {
  if (node.exception === undefined) return `status ${formatStatus(node.stop)}`
  const recordedMessage = readField(node.stop, 'info', 'message')
  const message =
    asNumber(recordedMessage) === undefined ? readText(node.stop, 'info', 'message') : formatDigits(recordedMessage)
  const exception = shorten(node.exception)
  return message === undefined ? exception : `${exception}: ${shorten(message, Math.max(MAX_MESSAGE_CHARS, longest))}`
}
