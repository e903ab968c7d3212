import type { TraceRecord } from '@osprofiler/core'
import { holdsWord, jsonText } from '@osprofiler/core/json'
import { restoreAccounts } from './lift-accounts.js'
import type { Report, ReportNode } from './report.js'

/**
 * Returns the points in an order from which `buildReport` builds an equal report. Points with generated ids are last,
 * sorted by the number in the id.
 */
export function listPointsInRecordOrder(report: Report): ReportNode[] {
  const numbered = report.points.filter(hasGeneratedId)
  if (numbered.length === 0) return [...report.points]
  numbered.sort((a, b) => readGeneratedNumber(a) - readGeneratedNumber(b))
  return [...report.points.filter(node => !hasGeneratedId(node)), ...numbered]
}

/** Returns the records of a point: the start, the stop, and then all others. */
export function recordsOfPoint({ start, stop, otherRecords }: ReportNode): TraceRecord[] {
  return [start, stop, ...otherRecords].filter(record => record !== undefined)
}

/** Returns all records of a report. `buildReport` builds an equal report from them. */
export function listRecords(report: Report): TraceRecord[] {
  return listPointsInRecordOrder(restoreAccounts(report)).flatMap(recordsOfPoint)
}

/**
 * Prepares records for JSON that other programs read. Such programs reject the words `NaN` and `Infinity`, which
 * Python's JSON may contain. A record with such a word becomes a string of JSON, which `readTraceFile` can read.
 */
export function toEmbeddedRecords(records: readonly TraceRecord[]): (TraceRecord | string)[] {
  return records.map(record => (holdsWord(record) ? jsonText(record, 0) : record))
}

function hasGeneratedId({ marks }: ReportNode): boolean {
  return marks.includes('no-id')
}

function readGeneratedNumber({ traceId }: ReportNode): number {
  return Number.parseInt(traceId.slice('unknown-'.length), 10)
}
