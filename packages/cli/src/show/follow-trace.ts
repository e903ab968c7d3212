import type { TraceRecord } from '@osprofiler/core'
import { buildReport } from '@osprofiler/report'
import { createScreenArea } from '../output/screen-area.js'
import { classifyArgument } from '../store/classify-argument.js'
import { withStore } from '../store/open-store.js'
import type { ReadOptions } from '../store/read-trace.js'
import { storeHasTrace } from '../store/store-has-trace.js'
import { waitForTrace } from '../store/wait-for-trace.js'
import { drawTree } from './draw-tree.js'
import { createUsageError, type ReportOptions } from './output-format.js'
import { showReport } from './show-report.js'

/**
 * Shows a trace while its records arrive. In a terminal, the tree is redrawn whenever new records have arrived. A pipe
 * or a file receives the trace only once, when the trace is complete. If the trace does not exist yet, the command
 * waits for it without a time limit. Ctrl-C ends the command without a message.
 */
export async function followTrace(trace: string, options: ReportOptions & ReadOptions): Promise<void> {
  const kind = await classifyArgument(trace, options)
  if (kind !== 'id' && !(kind === 'perhaps a file' && (await storeHasTrace(trace, options)))) {
    throw await createUsageError(
      '--follow needs a trace in a store, but the argument names a file. Use --id if it is an id.',
    )
  }
  const { idleTimeout = 1, out, json, html, dot, renderDot, export: target } = options
  const isDrawn = process.stdout.isTTY && [out, json, html, dot, renderDot, target].every(option => !option)
  const screen = createScreenArea(process.stdout)
  const drawing = { last: Promise.resolve() }
  const { records } = await withStore(options, async ({ driver }) =>
    waitForTrace(driver, trace, {
      idleMs: idleTimeout * 1_000,
      deadline: Number.POSITIVE_INFINITY,
      onLongWait: () => process.stderr.write('No record of this trace has arrived yet. Ctrl-C stops waiting.\n'),
      onChange: records => {
        // An error in an option is reported only when the trace is complete. For example, the service that `--service`
        // names may still appear in the trace.
        if (isDrawn) drawing.last = drawing.last.then(() => redraw(records)).catch(() => undefined)
      },
    }),
  )
  await drawing.last
  screen.clear()
  await showReport(buildReport(records), options)

  async function redraw(records: readonly TraceRecord[]): Promise<void> {
    screen.draw(await drawTree(buildReport(records), options, process.stdout))
  }
}
