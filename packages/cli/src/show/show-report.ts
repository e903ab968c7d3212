import { formatCount, type Report } from '@osprofiler/report'
import { readCallSite } from '@osprofiler/report/toolkit'
import { printRemarks } from '../output/print-remarks.js'
import { showProgress } from '../output/progress.js'
import { type Chunks, writeChunks } from '../output/write-output.js'
import { writeParts } from '../output/write-parts.js'
import { drawTree } from './draw-tree.js'
import { chooseOutputs, type Output, type ReportOptions } from './output-format.js'

/** Writes a report in every format that the options request, to files or to standard output. */
export async function showReport(report: Report, options: ReportOptions): Promise<void> {
  for (const output of await chooseOutputs(options, process.stdout.isTTY)) {
    const parts = await formatParts(report, output, options)
    if (output.file !== undefined) await writeParts(output.file, parts)
    else for (const chunks of parts) await writeChunks(process.stdout, chunks)
  }
  if (options.code && !report.points.some(node => readCallSite(node) !== undefined)) {
    printRemarks(
      'No point of this trace has a call site. `osprofiler run` and `osprofiler sign` ask services for them.',
    )
  }
}

async function formatParts(report: Report, output: Output, options: ReportOptions): Promise<Iterable<Chunks>> {
  const { length } = report.points
  showProgress(`${output.format === 'tree' ? 'Drawing' : 'Writing'} ${formatCount(length)} points`, 2 * length)
  if (output.format === 'tree') {
    return [[await drawTree(report, options, output.file === undefined ? process.stdout : undefined)]]
  }
  // `format-report.js` is loaded only here, because most users want a tree, which does not need this module.
  const { formatReport } = await import('./format-report.js')
  return await formatReport(report, output, options.rawTimes === true)
}
