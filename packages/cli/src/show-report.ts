import { type Report, renderTree, reportJsonChunks } from '@osprofiler/report'
import type { ShowOptions } from './commands/show-options.js'
import { describeTerminal } from './describe-terminal.js'
import { writeChunks, writeFileAside } from './write-output.js'

/** Writes a report in the format that was asked for, to where it was asked for. */
export async function showReport(report: Report, options: ShowOptions): Promise<void> {
  if (options.out !== undefined) return await writeFileAside(options.out, formatReport(report, options, false))
  await writeChunks(process.stdout, formatReport(report, options, true))
}

function* formatReport(report: Report, options: ShowOptions, toTerminal: boolean): Generator<string> {
  if (options.json) {
    yield* reportJsonChunks(report)
    // As Python's: its print() ends the line, its file does not.
    if (toTerminal) yield '\n'
  } else {
    yield renderTree(report, toTerminal ? describeTerminal(process.stdout, process.env) : {})
  }
}
