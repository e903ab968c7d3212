import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Driver, OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { buildReport, parseRecords, type Report, readReport } from '@osprofiler/report'
import type { ShowOptions } from './commands/show-options.js'
import { readable, withStore } from './open-store.js'

/** How often a trace that is awaited is read again, in milliseconds. */
const LOOK_AGAIN = 100

/**
 * The report of a trace that is named by its id, or by a file: a report (`.json`) or records (`.jsonl`).
 *
 * @throws OsprofilerError `ERR_TRACE_NOT_FOUND`, `ERR_TRACE_FILE`, and what the store throws
 */
export async function readTrace(trace: string, options: ShowOptions): Promise<Report> {
  const report = isFile(trace) ? await readTraceFile(trace) : await readFromStore(trace, options)
  if (report.points.length > 0) return report
  // As Python's command says it, so that scripts which look for it go on working.
  throw new OsprofilerError(
    'ERR_TRACE_NOT_FOUND',
    `Trace with UUID ${trace} not found. Please check the HMAC key used in the command.`,
  )
}

/** All records of a trace that are in the store now. */
export async function readRecords(driver: Driver, baseId: string): Promise<TraceRecord[]> {
  const records: TraceRecord[] = []
  for await (const batch of readable(driver, 'readRecords')(baseId)) for (const record of batch) records.push(record)
  return records
}

async function readFromStore(baseId: string, options: ShowOptions): Promise<Report> {
  const { idleTimeout = 0 } = options
  return await withStore(options, async ({ driver }) => {
    let records = await readRecords(driver, baseId)
    for (let changed = Date.now(); Date.now() - changed < idleTimeout * 1_000; ) {
      await delay(Math.min(LOOK_AGAIN, idleTimeout * 1_000))
      const known = records.length
      records = await readRecords(driver, baseId)
      if (records.length !== known) changed = Date.now()
    }
    return buildReport(records)
  })
}

/** Also a pipe, as in `trace show <(zcat trace.json.gz)`. What looks like a path is one, to say so when it is not there. */
function isFile(trace: string): boolean {
  if (existsSync(trace)) return !statSync(trace).isDirectory()
  return /[/\\]|\.jsonl?$/.test(trace)
}

async function readTraceFile(path: string): Promise<Report> {
  try {
    const text = await readFile(path, 'utf8')
    if (path.endsWith('.jsonl')) return buildReport(parseRecords(text))
    if (path.endsWith('.json')) return readReport(text)
    return readEither(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OsprofilerError('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}

/** A pipe has no extension to tell a report from records. */
function readEither(text: string): Report {
  try {
    return readReport(text)
  } catch {
    return buildReport(parseRecords(text))
  }
}
