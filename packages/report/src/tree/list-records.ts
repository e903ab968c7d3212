import type { TraceRecord } from '@osprofiler/core'
import { holdsWord, jsonText } from '@osprofiler/core/json'
import type { Report, ReportNode } from './report.js'

/**
 * The points of a report in an order in which their records make an equal report again: points without an id got theirs
 * by counting, so they come last and in the order in which they were counted.
 */
export function pointsInRecordOrder(report: Report): ReportNode[] {
  const counted = report.points.filter(hasMadeUpId)
  if (counted.length === 0) return [...report.points]
  counted.sort((a, b) => numberOf(a) - numberOf(b))
  return [...report.points.filter(node => !hasMadeUpId(node)), ...counted]
}

/** All records of a point: its start, its stop, then the others. */
export function recordsOfPoint({ start, stop, otherRecords }: ReportNode): TraceRecord[] {
  return [start, stop, ...otherRecords].filter(record => record !== undefined)
}

/** All records that a report was made of; `buildReport` makes an equal report of them. */
export function listRecords(report: Report): TraceRecord[] {
  return pointsInRecordOrder(report).flatMap(recordsOfPoint)
}

/**
 * Records as they stand in JSON for other programs, which refuse the words `NaN` and `Infinity` of Python's JSON: a record
 * that holds one becomes a text, for `readTraceFile`.
 */
export function embedRecords(records: readonly TraceRecord[]): (TraceRecord | string)[] {
  return records.map(record => (holdsWord(record) ? jsonText(record, 0) : record))
}

function hasMadeUpId({ marks }: ReportNode): boolean {
  return marks.includes('no-id')
}

/** The number in `unknown-7`. */
function numberOf({ traceId }: ReportNode): number {
  return Number.parseInt(traceId.slice('unknown-'.length), 10)
}
