import { buildReport, type Report } from '@osprofiler/report'
import { groupBy, recordsOfPoint } from '@osprofiler/report/toolkit'
import { type ReadOptions, readTrace } from './read-trace.js'

/**
 * The reports of what `trace` names, which may be several: a file of records holds all traces that `run -n 20
 * --save-baseline` wrote into it.
 *
 * @throws OsprofilerError as `readTrace` does
 */
export async function readReports(trace: string, options: ReadOptions): Promise<Report[]> {
  const report = await readTrace(trace, options)
  const traces = groupBy(report.points.flatMap(recordsOfPoint), record => record.base_id)
  return traces.size === 1 ? [report] : Array.from(traces.values(), records => buildReport(records))
}
