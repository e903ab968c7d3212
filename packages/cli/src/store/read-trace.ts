import { setTimeout as delay } from 'node:timers/promises'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { formatCount, type Report } from '@osprofiler/report'
import { createFailure, messageOf } from '../output/create-failure.js'
import { showProgress } from '../output/progress.js'
import { type ArgumentOptions, classifyArgument, explainUnreadableFile, looksLikeFile } from './classify-argument.js'
import type { Store, StoreOptions } from './open-store.js'

const POLL_INTERVAL_MS = 100
/** A larger trace is not read, because an endless stream of records would exhaust the memory. */
const MAX_RECORDS = 2_000_000

/** Options for the store, for the argument, and for how long to wait for the trace. */
export interface ReadOptions extends StoreOptions, ArgumentOptions {
  /** The trace counts as complete if no new record has arrived for this time, in seconds. */
  readonly idleTimeout?: number
}

/**
 * Reads the report of a trace. `trace` is the trace's id, the name of a file, or `-` for standard input. The file
 * contains records, or any output of `trace show` except a graph. If a file has the name `trace`, the function first
 * looks for a trace with this id in the store, for at most a second. Throws `ERR_TRACE_NOT_FOUND`, `ERR_TRACE_FILE`,
 * and errors of the store.
 */
export async function readTrace(trace: string, options: ReadOptions): Promise<Report> {
  const kind = await classifyArgument(trace, options)
  if (kind === 'id') return await readFromStore(trace, options)
  if (kind === 'perhaps a file') {
    const { storeHasTrace } = await import('./store-has-trace.js')
    if (await storeHasTrace(trace, options)) return await readFromStore(trace, options)
  }
  return await readFromFile(trace, kind === 'perhaps a file')
}

/** Callbacks that are called while a trace is read. */
export interface ReadEvents {
  /** Called with the number of records that have been read so far. */
  readonly onRead?: (records: number) => void
  /** Called for each batch that contains records that cannot be parsed, with the number of these records. */
  readonly onUnreadable?: (records: number) => void
}

/** Returns all records of a trace that are currently in the store. */
export async function readRecords(driver: Driver, baseId: string, events: ReadEvents = {}): Promise<TraceRecord[]> {
  const { requireReadMethod } = await import('./open-store.js')
  const records: TraceRecord[] = []
  for await (const batch of requireReadMethod(driver, 'readRecords')(baseId, events.onUnreadable)) {
    for (const record of batch) records.push(record)
    events.onRead?.(records.length)
    if (records.length > MAX_RECORDS) {
      throw await createFailure(
        'ERR_STORE',
        `Trace ${baseId} has more than ${MAX_RECORDS} records, which is too many to read.`,
      )
    }
  }
  return records
}

async function readFromFile(path: string, hasInputTimeout: boolean): Promise<Report> {
  const { readReportFile } = await import('./read-report-file.js')
  const report = await readReportFile(path, hasInputTimeout)
  if (report.points.length > 0) return report
  throw await createFailure('ERR_TRACE_FILE', `Cannot read a trace from ${path}: it contains no records`)
}

async function readFromStore(baseId: string, options: ReadOptions): Promise<Report> {
  // The drivers are loaded only here, because a file needs no driver. Loading the drivers takes a third as long as
  // loading the code that shows the trace.
  const { withStore } = await import('./open-store.js')
  return await withStore(options, async store => {
    // The store's thread starts while this thread loads the code that builds the report.
    const [{ records, unreadable }, { buildReport }] = await Promise.all([
      readUntilIdle(store.driver, baseId, options.idleTimeout ?? 0).catch((error: unknown) =>
        throwReadError(baseId, options, error),
      ),
      import('@osprofiler/report'),
    ])
    if (records.length === 0 && unreadable > 0) throw await createUnreadableError(baseId, unreadable)
    if (records.length === 0) throw await createNotFoundError(baseId, options, store)
    showProgress(`Putting ${formatCount(records.length)} records together`, records.length)
    const report = buildReport(records)
    return unreadable === 0 ? report : { ...report, leftOut: unreadable }
  })
}

/**
 * Creates the error for a missing trace. If the id looks like a file, the message also explains why no file with this
 * name can be read.
 */
async function createNotFoundError(baseId: string, { id = false }: ArgumentOptions, store: Store): Promise<Error> {
  if (id || !looksLikeFile(baseId))
    return (await import('./create-unknown-trace-error.js')).createUnknownTraceError(baseId, store)
  return createFailure(
    'ERR_TRACE_FILE',
    `Cannot read a trace from ${baseId}: ${await explainUnreadableFile(baseId)}. ${store.shownAs} has no trace of that id, either.`,
  )
}

async function createUnreadableError(baseId: string, records: number): Promise<Error> {
  const entries = records === 1 ? '1 entry' : `${formatCount(records)} entries`
  const reason = records === 1 ? 'is not a readable record' : 'are not readable records'
  return createFailure('ERR_TRACE_NOT_FOUND', `The store has ${entries} of trace ${baseId}, which ${reason}.`)
}

/**
 * Throws the error for a store that cannot be read. If the id looks like a file name, the message first explains why
 * the file cannot be read, because the user may have meant a file.
 */
async function throwReadError(baseId: string, { id = false }: ArgumentOptions, cause: unknown): Promise<never> {
  if (id || !looksLikeFile(baseId)) throw cause
  const reason = messageOf(cause)
  throw await createFailure(
    'ERR_TRACE_FILE',
    `Cannot read a trace from ${baseId}: ${await explainUnreadableFile(baseId)}. As an id: ${reason}`,
    { cause },
  )
}

interface FoundRecords {
  readonly records: readonly TraceRecord[]
  readonly unreadable: number
}

async function readUntilIdle(driver: Driver, baseId: string, idleTimeout: number): Promise<FoundRecords> {
  const onRead = (count: number): void => showProgress(`Reading the trace, ${formatCount(count)} records so far`)
  onRead(0)
  const readOnce = async (): Promise<FoundRecords> => {
    let unreadable = 0
    const records = await readRecords(driver, baseId, { onRead, onUnreadable: count => (unreadable += count) })
    return { records, unreadable }
  }
  let found = await readOnce()
  for (let changed = Date.now(); Date.now() - changed < idleTimeout * 1_000; ) {
    await delay(Math.min(POLL_INTERVAL_MS, idleTimeout * 1_000))
    const known = found.records.length
    found = await readOnce()
    if (found.records.length !== known) changed = Date.now()
  }
  return found
}
