import { asNumber } from '@osprofiler/core/json'
import { readField, readText } from '../tree/read-field.js'
import { cutDigits, showStatus } from '../tree/read-record.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatCounted } from '../words/format-duration.js'
import type { Evidence } from './evidence.js'
import { aboutPoints, type Finding } from './finding.js'
import { DEFAULT_QUOTE_LENGTH, shorten } from './phrases.js'

const MAX_MESSAGE_LENGTH = 200

/** Says where failures began: the first `limit` points in a sentence each, the others in one. */
export function failedFindings({ report, limit, quote, longestQuote }: Evidence): Finding[] {
  const origins = failureOrigins(report)
  const findings = origins
    .slice(0, limit)
    .map(node => aboutPoints('failed', [node], `${quote([node])} failed: ${failureReason(node, longestQuote)}`))
  const rest = origins.slice(limit)
  if (rest.length > 0) findings.push(aboutPoints('failed', rest, `${formatCounted(rest.length, 'more point')} failed`))
  return findings
}

/** Returns failed points without a failed point below them. Other points mostly pass on what failed below. */
export function failureOrigins(report: Report): ReportNode[] {
  const failedBelow = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    if (node.children.some(child => child.failed || failedBelow.has(child))) failedBelow.add(node)
  }
  return report.points.filter(node => node.failed && !failedBelow.has(node))
}

/** Returns `TimeoutError: no answer`, or `status 503` if no exception was recorded. */
export function failureReason(node: ReportNode, longest = DEFAULT_QUOTE_LENGTH): string {
  if (node.exception === undefined) return `status ${showStatus(node.stop)}`
  const told = readField(node.stop, 'info', 'message')
  const message = asNumber(told) === undefined ? readText(node.stop, 'info', 'message') : cutDigits(told)
  const exception = shorten(node.exception)
  return message === undefined ? exception : `${exception}: ${shorten(message, Math.max(MAX_MESSAGE_LENGTH, longest))}`
}
