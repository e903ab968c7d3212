import { jsonText } from '@osprofiler/core/json'
import { buildReport, type Report } from '@osprofiler/report'
import { type ComparisonOptions, showDiff } from '../diff/show-diff.js'
import { printRemarks } from '../output/print-remarks.js'
import { writeFileAtomically } from '../output/write-output.js'
import type { SentRequest } from '../request/send-request.js'
import type { Store } from '../store/open-store.js'
import type { AwaitedTrace } from '../store/wait-for-trace.js'
import { collectTraces } from './collect-traces.js'
import { explainMissingTrace } from './explain-missing-trace.js'

/** The options that tell `run -n` where to save its traces, and which earlier traces to compare them with. */
export interface BaselineOptions extends ComparisonOptions {
  readonly baseline?: string
  readonly saveBaseline?: string
  /** How long to wait for the traces, in seconds. */
  readonly timeout: number
  /** A trace counts as complete if no new record has arrived for this time, in seconds. */
  readonly idleTimeout?: number
}

/**
 * Waits for the traces of all requests, saves their records to `--save-baseline`, and compares them with the traces in
 * `--baseline`, if given. If a trace is incomplete, nothing is saved or compared. Returns the exit code: 0, 1 if a
 * trace or an answer is incomplete, or the exit code of `showDiff`.
 */
export async function compareRuns(
  sent: readonly SentRequest[],
  { driver, shownAs }: Store,
  before: readonly Report[] | undefined,
  options: BaselineOptions,
): Promise<number> {
  const { timeout, idleTimeout = 1, saveBaseline } = options
  const traces = await collectTraces(driver, sent, { idleMs: idleTimeout * 1_000, timeoutMs: timeout * 1_000 })
  for (const [index, { records, missing, isLost }] of traces.entries()) {
    const request = sent[index]
    if (request === undefined || missing === undefined) continue
    if (records.length === 0) printRemarks(...explainMissingTrace(request, shownAs, timeout).trimEnd().split('\n'))
    else
      printRemarks(
        `Trace ${request.baseId} is incomplete${isLost ? '' : ` after ${timeout} s`}: ${missing}. No trace was compared or written.`,
      )
    return 1
  }
  if (saveBaseline !== undefined) {
    await writeFileAtomically(saveBaseline, formatRecordLines(traces))
    printRemarks(`Wrote ${traces.length === 1 ? 'the trace' : `${traces.length} traces`} to ${saveBaseline}`)
  }
  const areAnswersWhole = sent.every(({ failure }) => failure === undefined)
  if (before === undefined) return areAnswersWhole ? 0 : 1
  printRemarks('')
  const code = await showDiff(
    before,
    traces.map(({ records }) => buildReport(records)),
    options,
  )
  return areAnswersWhole ? code : 1
}

function* formatRecordLines(traces: readonly AwaitedTrace[]): Generator<string> {
  for (const { records } of traces) for (const record of records) yield `${jsonText(record, 0)}\n`
}
