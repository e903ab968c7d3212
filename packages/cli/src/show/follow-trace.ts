import type { TraceRecord } from '@osprofiler/core'
import { buildReport } from '@osprofiler/report'
import type { ShowOptions } from '../commands/show-options.js'
import { createRedrawing } from '../output/redraw.js'
import { askStore } from '../store/ask-store.js'
import { nameTrace } from '../store/name-trace.js'
import { withStore } from '../store/open-store.js'
import { waitForTrace } from '../store/wait-for-trace.js'
import { drawReport } from './draw-report.js'
import { wrongUsage } from './output-format.js'
import { showReport } from './show-report.js'

/**
 * Shows a trace as it grows: a terminal sees it drawn again with whatever comes, a pipe or a file gets it once it is
 * complete. A trace that is not there yet is waited for, without an end: Ctrl-C is one, and says nothing.
 */
export async function followTrace(trace: string, options: ShowOptions): Promise<void> {
  const name = await nameTrace(trace, options)
  if (name !== 'id' && !(name === 'perhaps a file' && (await askStore(trace, options)))) {
    throw await wrongUsage('--follow wants a trace in a store, and this is a file. --id says that it is an id.')
  }
  const { idleTimeout = 1, out, json, html, dot, renderDot, export: target } = options
  const isDrawn = process.stdout.isTTY && [out, json, html, dot, renderDot, target].every(option => !option)
  const screen = createRedrawing(process.stdout)
  const drawing = { last: Promise.resolve() }
  const { records } = await withStore(options, async ({ driver }) =>
    waitForTrace(driver, trace, {
      idleMs: idleTimeout * 1_000,
      deadline: Number.POSITIVE_INFINITY,
      onPatience: () => process.stderr.write('No record of this trace has come yet; waiting. Ctrl-C ends it.\n'),
      onChange: records => {
        // What is wrong with the options is said of the whole trace: the service that they name may still come.
        if (isDrawn) drawing.last = drawing.last.then(() => redraw(records)).catch(() => undefined)
      },
    }),
  )
  await drawing.last
  screen.clear()
  await showReport(buildReport(records), options)

  async function redraw(records: readonly TraceRecord[]): Promise<void> {
    screen.draw(await drawReport(buildReport(records), options, process.stdout))
  }
}
