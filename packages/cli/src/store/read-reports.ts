import { buildReport, type Report } from '@osprofiler/report'
import { groupBy, recordsOfPoint } from '@osprofiler/report/toolkit'
import { type ReadOptions, readTrace } from './read-trace.js'

/**
 * Reads the reports that `trace` refers to. A file of records may contain several traces, for example if `run -n 20`
 * wrote the file.
 */
export async function readReports(trace: string, options: ReadOptions): Promise<Report[]> {
  const report = await readTrace(trace, options)
  const traces = groupBy(report.points.flatMap(recordsOfPoint), record => record.base_id)
  return traces.size === 1 ? [report] : Array.from(traces.values(), records => buildReport(records))
}
