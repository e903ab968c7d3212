import type { WriteStream } from 'node:tty'
import { correctSkew, matchPoints, pointText, type Report, renderTree } from '@osprofiler/report'
import { describeTerminal } from '../output/describe-terminal.js'
import { createUsageError, type ReportOptions } from './output-format.js'

/**
 * Draws the tree for `terminal`, or for a file if `terminal` is undefined. Throws `ERR_CONFIGURATION` if the regular
 * expression of `--filter` is invalid or too slow.
 */
export async function drawTree(
  report: Report,
  options: ReportOptions,
  terminal: Partial<WriteStream> | undefined,
): Promise<string> {
  const { depth, minMs, service, filter, code, rawTimes } = options
  const shownReport = rawTimes ? report : correctSkew(report)
  if (service !== undefined) await checkServiceName(shownReport, service)
  return renderTree(shownReport, {
    ...(terminal === undefined ? {} : describeTerminal(terminal, process.env)),
    depth,
    minUs: minMs === undefined ? undefined : minMs * 1_000,
    service,
    code,
    filter: filter === undefined ? undefined : await findMatches(shownReport, filter),
  })
}

/**
 * Finds the points that match an expression, in which `^` and `$` match at the start and end of each line of a point's
 * text.
 */
async function findMatches(report: Report, expression: string): Promise<ReadonlySet<string>> {
  // Support for threads takes time to load, so it is loaded only for a filter.
  const { runFilter } = await import('./run-filter.js')
  const matches = await runFilter(expression, report.points.map(pointText))
  return matchPoints(report, (_, index) => matches[index] === true)
}

async function checkServiceName(report: Report, service: string): Promise<void> {
  const known = new Set(report.points.map(point => point.service ?? ''))
  if (!known.has(service)) {
    throw await createUsageError(
      `No point belongs to the service "${service}". This trace has: ${[...known].sort().join(', ')}.`,
    )
  }
}
