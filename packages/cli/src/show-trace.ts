import type { ShowOptions } from './commands/show-options.js'
import { readTrace } from './read-trace.js'
import { showReport } from './show-report.js'

/** Shows a trace that is named by its id or by a file; see `readTrace`. */
export async function showTrace(trace: string, options: ShowOptions): Promise<void> {
  await showReport(await readTrace(trace, options), options)
}
