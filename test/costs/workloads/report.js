import { buildReport, reportJson, summarize } from '@osprofiler/report'
import { createRecords } from '../records.js'
import { callOften } from '../repeat.js'

export const COUNT = 1

const RECORD_COUNT = 1_000

export function createWorkload() {
  const records = createRecords(RECORD_COUNT)
  return {
    report: callOften(() => {
      const report = buildReport(records)
      const findings = summarize(report)
      const json = JSON.stringify(reportJson(report))
      if (findings.length === 0 || json.length < 100_000) throw new Error('The report is not complete')
    }),
  }
}
