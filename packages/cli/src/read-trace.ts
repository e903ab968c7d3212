import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import type { Report } from '@osprofiler/report'
import type { StoreOptions } from './commands/show-options.js'
import { groupDigits, showProgress } from './progress.js'

/** How often a trace that is awaited is read again, in milliseconds. */
const LOOK_AGAIN = 100

/** From which store, and how long to wait. */
export interface ReadOptions extends StoreOptions {
  /** In seconds. */
  readonly idleTimeout?: number
}

/**
 * The report of a trace that is named by its id, or by a file: whatever `trace show` writes, or records (`.jsonl`).
 *
 * @throws OsprofilerError `ERR_TRACE_NOT_FOUND`, `ERR_TRACE_FILE`, and what the store throws
 */
export async function readTrace(trace: string, options: ReadOptions): Promise<Report> {
  const fromFile = await isFile(trace)
  const report = fromFile ? await readFromFile(trace) : await readFromStore(trace, options)
  if (report.points.length > 0 || !fromFile) return report
  const { OsprofilerError } = await import('@osprofiler/core')
  throw new OsprofilerError('ERR_TRACE_FILE', `Cannot read a trace from ${trace}: it holds no record`)
}

/**
 * All records of a trace that are in the store now.
 *
 * @param onRead called with the number of records so far
 */
export async function readRecords(
  driver: Driver,
  baseId: string,
  onRead?: (records: number) => void,
): Promise<TraceRecord[]> {
  const { readable } = await import('./open-store.js')
  const records: TraceRecord[] = []
  for await (const batch of readable(driver, 'readRecords')(baseId)) {
    for (const record of batch) records.push(record)
    onRead?.(records.length)
  }
  return records
}

/** Also a pipe, as in `trace show <(zcat trace.json.gz)`. What looks like a path is one, to say so when it is not there. */
export async function isFile(trace: string): Promise<boolean> {
  // Not statSync: after it has looked at a pipe, Node 20 resolves the links of modules wrongly, and imports fail.
  const known = await stat(trace).catch(() => undefined)
  if (known !== undefined) return !known.isDirectory()
  return /[/\\]|\.(jsonl?|html?|dot|svg|png)$/.test(trace)
}

async function readFromFile(path: string): Promise<Report> {
  const { readReportFile } = await import('./read-report-file.js')
  return await readReportFile(path)
}

async function readFromStore(baseId: string, options: ReadOptions): Promise<Report> {
  // Only here: a file needs no driver, and they take a third as long to load as all that shows it.
  const { withStore } = await import('./open-store.js')
  return await withStore(options, async store => {
    // The store's thread starts while this one loads what builds the report.
    const [records, { buildReport }] = await Promise.all([
      readSettled(store.driver, baseId, options.idleTimeout ?? 0),
      import('@osprofiler/report'),
    ])
    if (records.length === 0) throw (await import('./explain-unknown.js')).unknownTrace(baseId, store)
    showProgress(`Putting ${groupDigits(records.length)} records together`, records.length)
    return buildReport(records)
  })
}

async function readSettled(driver: Driver, baseId: string, idleTimeout: number): Promise<TraceRecord[]> {
  const onRead = (count: number): void => showProgress(`Reading the trace, ${groupDigits(count)} records so far`)
  onRead(0)
  let records = await readRecords(driver, baseId, onRead)
  for (let changed = Date.now(); Date.now() - changed < idleTimeout * 1_000; ) {
    await delay(Math.min(LOOK_AGAIN, idleTimeout * 1_000))
    const known = records.length
    records = await readRecords(driver, baseId, onRead)
    if (records.length !== known) changed = Date.now()
  }
  return records
}
