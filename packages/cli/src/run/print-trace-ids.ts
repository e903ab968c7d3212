import { otlpTraceId } from '@osprofiler/core/record'
import { printRemarks } from '../output/print-remarks.js'
import type { SentRequest } from '../request/send-request.js'
import type { ReportOptions } from '../show/output-format.js'
import type { Store } from '../store/open-store.js'
import type { BaselineOptions } from './compare-runs.js'

/**
 * Returns whether the command prints only the ids of traces. This is so if the store cannot be read, and no option
 * needs the records of a trace.
 */
export function canOnlyPrintIds(
  { driver }: Store,
  options: ReportOptions & Pick<BaselineOptions, 'baseline' | 'saveBaseline'>,
): boolean {
  const { json, html, dot, export: target, renderDot, out, baseline, saveBaseline } = options
  const wanted = [json, html, dot, target, renderDot, out, baseline, saveBaseline]
  return driver.readRecords === undefined && wanted.every(option => !option)
}

/**
 * Prints the ids of the traces, which users can look up with the store's own tools. Returns 0, or 1 if a request
 * failed.
 */
export function printTraceIds(sent: readonly SentRequest[], { driver, shownAs }: Store): number {
  for (const { baseId } of sent) process.stdout.write(`${baseId}\n`)
  const [first] = sent
  const form =
    driver.name.startsWith('otlp') && first !== undefined ? `, where its id is ${otlpTraceId(first.baseId)}` : ''
  printRemarks(`The store ${shownAs} cannot be read. Look for the trace with the tools of that store${form}.`)
  return sent.every(({ failure }) => failure === undefined) ? 0 : 1
}
