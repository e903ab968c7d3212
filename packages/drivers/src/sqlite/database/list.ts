import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceSummary } from '@osprofiler/core'
import { Number, Set, String } from '@osprofiler/core/toolkit'
import { collectNewest, type TimeRange, type TracePage } from '../../listing/newest-traces.js'
import type { Selection } from '../../listing/trace-query.js'
import { toSummary } from '../../listing/trace-tally.js'
import { fromRow } from '../../records/record-row.js'
import { toRecord } from '../../records/record-text.js'

const STEP_RECORDS = 1_000
/** A string that comes after all timestamps when strings are sorted. */
const END_OF_TIME = '\u{10ffff}'
const END_OF_IDS = 2n ** 63n - 1n
/**
 * Maximum number of records that are counted for a trace. The limit is needed because a damaged index may contain a
 * cycle.
 */
const MAX_COUNTED_RECORDS = 5_000_000
const MAX_DATA_CHARACTERS = 250_000_000

/** Runs `work` on the database, or resolves to undefined if the database does not exist. */
export type RunStep = <Result>(work: (connection: DatabaseSync) => Result) => Promise<Result | undefined>

interface Position {
  readonly timestamp: string
  readonly id: bigint
}

/**
 * The result of one step back in time: the traces of the records that were read, and the position of the next step.
 * `next` is undefined after the oldest record.
 */
interface Step {
  readonly baseIds: ReadonlySet<string>
  readonly next: Position | undefined
}

/** Lists the newest traces in steps. Between the steps, writes can run, and no snapshot is kept open. */
export async function listTraces(run: RunStep, selection: Selection, failedOnly: boolean): Promise<TraceSummary[]> {
  const isFailure = failedOnly ? await loadFailureTest() : undefined

  async function* pages(part: TimeRange): AsyncGenerator<TracePage> {
    const end = 'upTo' in part ? '' : part.after
    let from: Position | undefined = { timestamp: 'upTo' in part ? part.upTo : END_OF_TIME, id: END_OF_IDS }
    while (from !== undefined) {
      const begin: Position = from
      const step: Step | undefined = await run(connection => stepBack(connection, begin, isFailure))
      from = step?.next
      yield { baseIds: step?.baseIds ?? [], reached: from?.timestamp ?? end }
      // SQLite may return a different text for a timestamp that is not valid text. The position may then stay the same.
      // Without this check, the same step would be repeated forever.
      if (from === undefined || from.id === begin.id || from.timestamp < end) return
      await nextTurn()
    }
  }

  async function summarizeTraces(baseIds: readonly string[]): Promise<TraceSummary[]> {
    return (await run(connection => baseIds.flatMap(baseId => summarizeTrace(connection, baseId) ?? []))) ?? []
  }

  return await collectNewest({ pages, summarize: summarizeTraces }, selection)
}

function stepBack(
  connection: DatabaseSync,
  { timestamp, id }: Position,
  isFailure: ((data: string) => boolean) | undefined,
): Step {
  // The query returns `data` only if it may contain a failure. Only this data is parsed.
  const data = isFailure
    ? `CASE WHEN length(data) < ${MAX_DATA_CHARACTERS} AND (instr(data, 'etype') OR instr(data, 'status_code')) THEN data END`
    : `''`
  const select = connection.prepare(
    `SELECT timestamp, id, base_id, ${data} AS data FROM data
     WHERE timestamp <= ? AND (timestamp, id) < (?, ?) ORDER BY timestamp DESC, id DESC LIMIT ${STEP_RECORDS}`,
  )
  select.setReadBigInts(true)
  const baseIds = new Set<string>()
  let rows = 0
  let last: Position | undefined
  // Reads one row at a time, because a single row may be large.
  for (const row of select.iterate(timestamp, timestamp, id)) {
    const { base_id: baseId, data } = row
    rows++
    // An id that is not an integer can occur only in a table that this driver did not create. The next step cannot
    // begin after such an id, so the list ends here.
    last = typeof row.id === 'bigint' ? { timestamp: String(row.timestamp), id: row.id } : undefined
    if (typeof baseId !== 'string' || typeof data !== 'string' || baseIds.has(baseId)) continue
    if (isFailure === undefined || isFailure(data)) baseIds.add(baseId)
  }
  return { baseIds, next: rows === STEP_RECORDS ? last : undefined }
}

function summarizeTrace(connection: DatabaseSync, baseId: string): TraceSummary | undefined {
  const select = connection.prepare(
    `SELECT timestamp, base_id, name, project, service
     FROM (SELECT timestamp, id, base_id, name, project, service FROM data WHERE base_id = ? AND timestamp IS NOT NULL LIMIT ${MAX_COUNTED_RECORDS})
     ORDER BY timestamp, id LIMIT 1`,
  )
  select.setReadBigInts(true)
  const first = select.get(baseId)
  const count = connection
    .prepare(`SELECT count(*) AS records FROM (SELECT 1 FROM data WHERE base_id = ? LIMIT ${MAX_COUNTED_RECORDS})`)
    .get(baseId)
  if (first === undefined || count === undefined) return undefined
  return toSummary(toRecord(first), Number(count.records))
}

/**
 * Loads the function that recognizes error records. The function is loaded only here, so that a thread that only writes
 * starts faster.
 */
async function loadFailureTest(): Promise<(data: string) => boolean> {
  const { isErrorRecord } = await import('@osprofiler/core')
  return data => {
    const row = [null, null, null, null, null, null, null, null, data]
    return isErrorRecord(fromRow(row))
  }
}
