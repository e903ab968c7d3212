import { leftOutSentence } from '@osprofiler/report/toolkit'
import { type ReadOptions, readTrace } from '../store/read-trace.js'
import { chooseOutputs, type ReportOptions } from './output-format.js'

/** Options of `osprofiler trace show`. */
export interface ShowOptions extends ReportOptions, ReadOptions {
  readonly follow?: boolean
}

/** Shows the trace that an id or a file name refers to. See `readTrace`. */
export async function showTrace(trace: string, options: ShowOptions): Promise<void> {
  await chooseOutputs(options, process.stdout.isTTY)
  if (options.follow) {
    const { followTrace } = await import('./follow-trace.js')
    return await followTrace(trace, options)
  }
  // The code that shows the trace is loaded while the store is read.
  const [report, { showReport }] = await Promise.all([readTrace(trace, options), import('./show-report.js')])
  const { json, html, dot, export: target } = options
  const isDrawn = [json, html, dot, target].every(option => !option)
  const traces = new Set(report.points.map(({ start, stop }) => (start ?? stop)?.base_id))
  if (isDrawn && traces.size > 1) {
    process.stderr.write(
      `This file contains ${traces.size} traces, which are drawn as one trace. \`osprofiler trace diff\` compares them with others.\n`,
    )
  }
  if (report.leftOut !== undefined) process.stderr.write(`${leftOutSentence(report.leftOut)}\n`)
  await showReport(report, options)
}
