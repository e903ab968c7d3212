import type { TraceRecord } from '@osprofiler/core'
import { buildReport, type Report } from '@osprofiler/report'
import { type ReadOptions, readTrace } from './read-trace.js'

/**
 * The reports of what `trace` names, which may be several: a file of records holds all traces that `run -n 20
 * --save-baseline` wrote into it.
 *
 * @throws OsprofilerError as `readTrace` does
 */
export async function readReports(trace: string, options: ReadOptions): Promise<Report[]> {
  const report = await readTrace(trace, options)
  const traces = new Map<unknown, TraceRecord[]>()
  for (const { start, stop, otherRecords } of report.points) {
    for (const record of [start, stop, ...otherRecords]) {
      if (record === undefined) continue
      const known = traces.get(record.base_id)
      if (known === undefined) traces.set(record.base_id, [record])
      else known.push(record)
    }
  }
  return traces.size === 1 ? [report] : Array.from(traces.values(), records => buildReport(records))
}
