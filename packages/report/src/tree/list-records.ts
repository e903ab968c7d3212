import type { TraceRecord } from '@osprofiler/core'
import { holdsWord, jsonText } from '@osprofiler/core/json'
import type { Report, ReportNode } from './report.js'

/** Returns points in an order that makes an equal report again: those with made-up ids last, by their numbers. */
export function pointsInRecordOrder(report: Report): ReportNode[] {
  const counted = report.points.filter(hasMadeUpId)
  if (counted.length === 0) return [...report.points]
  counted.sort((a, b) => numberOf(a) - numberOf(b))
  return [...report.points.filter(node => !hasMadeUpId(node)), ...counted]
}

/** Returns the records of a point: the start, the stop, and then all others. */
export function recordsOfPoint({ start, stop, otherRecords }: ReportNode): TraceRecord[] {
  return [start, stop, ...otherRecords].filter(record => record !== undefined)
}

/** Returns all records of a report. `buildReport` makes an equal report of them. */
export function listRecords(report: Report): TraceRecord[] {
  return pointsInRecordOrder(report).flatMap(recordsOfPoint)
}

/**
 * Prepares records for JSON that other programs read. These refuse the words `NaN` and `Infinity` of Python's JSON, so
 * a record with one of these becomes a text, for `readTraceFile`.
 */
export function embedRecords(records: readonly TraceRecord[]): (TraceRecord | string)[] {
  return records.map(record => (holdsWord(record) ? jsonText(record, 0) : record))
}

function hasMadeUpId({ marks }: ReportNode): boolean {
  return marks.includes('no-id')
}

function numberOf({ traceId }: ReportNode): number {
  return Number.parseInt(traceId.slice('unknown-'.length), 10)
}
