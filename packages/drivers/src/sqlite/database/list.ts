import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceSummary } from '@osprofiler/core'
import { Error, Map, Number, performance, Set, String } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from '../../listing/latest-believed-time.js'
import { isSelected, type Selection } from '../../listing/trace-query.js'
import { sortNewestFirst, toSummary } from '../../listing/trace-tally.js'
import { toRowRecord } from '../../records/record-row.js'
import { toRecord } from '../../records/record-text.js'

const STEP = 1_000
/** How long the records of traces that are known already are looked at, in milliseconds. */
const NO_PROGRESS_MS = 30_000
/** No timestamp sorts after it. */
const END_OF_TIME = '\u{10ffff}'
const END_OF_IDS = 2n ** 63n - 1n
/** A damaged index may lead in circles: of more records of a trace, only these are counted. */
const MAX_RECORDS = 5_000_000
const MAX_DATA_CHARACTERS = 250_000_000

/** Runs a piece of work on the store, or gives undefined where there is none. */
export type RunStep = <Result>(work: (connection: DatabaseSync) => Result) => Promise<Result | undefined>

/** The traces that were met, `undefined` for one that is not asked for. */
type Traces = Map<string, TraceSummary | undefined>

interface Position {
  readonly timestamp: string
  readonly id: bigint
}

/**
 * The newest traces, found by going back in time over the records until none that is older can belong to a newer
 * trace: the cost is that of the newest traces, however many there are. It goes in steps, between which writes
 * get their turn and no snapshot is held. Records from beyond tomorrow are looked at last.
 */
export async function listTraces(run: RunStep, selection: Selection, failed: boolean): Promise<TraceSummary[]> {
  const { limit } = selection
  const isFailure = failed ? await loadFailureTest() : () => true
  const traces: Traces = new Map()
  const step: Step = from => run(connection => stepBack(connection, from, failed, isFailure, traces))
  const latest = latestBelievedTime()
  await goBack(step, traces, selection, latest, '')
  if (countSince(traces, '') < limit) await goBack(step, traces, selection, END_OF_TIME, latest)
  return sortNewestFirst([...traces.values()].filter(trace => trace !== undefined)).slice(0, limit)
}

type Step = (from: Position) => Promise<Position | undefined>

/** Goes back in time from one timestamp, and no further than another. */
async function goBack(step: Step, traces: Traces, selection: Selection, from: string, to: string): Promise<void> {
  const { limit, since } = selection
  let position: Position | undefined = { timestamp: from, id: END_OF_IDS }
  let known = -1
  let progressAt = performance.now()
  while (position !== undefined) {
    const begin: Position = position
    position = await step(begin)
    for (const [baseId, trace] of traces) if (trace && !isSelected(trace, selection)) traces.set(baseId, undefined)
    // A timestamp that is no valid text comes out changed, and the same step would be made for ever.
    if (position?.id === begin.id) return
    const reached = position?.timestamp ?? ''
    if (reached < since || reached < to || countSince(traces, reached) >= limit) return
    if (traces.size > known) progressAt = performance.now()
    else if (performance.now() - progressAt > NO_PROGRESS_MS) {
      throw new Error(`within ${NO_PROGRESS_MS / 1_000} s no other trace was found in it`)
    }
    known = traces.size
    await nextTurn()
  }
}

/** Adds the traces of the records before a position; returns the new position, or undefined at the oldest record. */
function stepBack(
  connection: DatabaseSync,
  { timestamp, id }: Position,
  failed: boolean,
  isFailure: (data: string) => boolean,
  traces: Traces,
): Position | undefined {
  // Only what might tell of a failure is handed over and parsed.
  const data = failed
    ? `CASE WHEN length(data) < ${MAX_DATA_CHARACTERS} AND (instr(data, 'etype') OR instr(data, 'status_code')) THEN data END`
    : `''`
  const select = connection.prepare(
    `SELECT timestamp, id, base_id, ${data} AS data FROM data
     WHERE timestamp <= ? AND (timestamp, id) < (?, ?) ORDER BY timestamp DESC, id DESC LIMIT ${STEP}`,
  )
  select.setReadBigInts(true)
  const met = new Set<string>()
  let rows = 0
  let last: Position | undefined
  // One row after another: each may be large.
  for (const row of select.iterate(timestamp, timestamp, id)) {
    const { base_id: baseId, data } = row
    rows++
    // Ids of another type belong to no table of ours: there is no next step.
    last = typeof row.id === 'bigint' ? { timestamp: String(row.timestamp), id: row.id } : undefined
    if (typeof baseId !== 'string' || typeof data !== 'string' || traces.has(baseId) || !isFailure(data)) continue
    met.add(baseId)
  }
  for (const baseId of met) {
    const summary = summarise(connection, baseId)
    if (summary !== undefined) traces.set(baseId, summary)
  }
  return rows === STEP ? last : undefined
}

function summarise(connection: DatabaseSync, baseId: string): TraceSummary | undefined {
  const select = connection.prepare(
    `SELECT timestamp, base_id, name, project, service
     FROM (SELECT timestamp, id, base_id, name, project, service FROM data WHERE base_id = ? AND timestamp IS NOT NULL LIMIT ${MAX_RECORDS})
     ORDER BY timestamp, id LIMIT 1`,
  )
  select.setReadBigInts(true)
  const first = select.get(baseId)
  const count = connection
    .prepare(`SELECT count(*) AS records FROM (SELECT 1 FROM data WHERE base_id = ? LIMIT ${MAX_RECORDS})`)
    .get(baseId)
  if (first === undefined || count === undefined) return undefined
  return toSummary(toRecord(first), Number(count.records))
}

function countSince(traces: Traces, timestamp: string): number {
  let count = 0
  for (const trace of traces.values()) if (trace !== undefined && trace.timestamp >= timestamp) count++
  return count
}

/** Loaded only here, since a thread that merely writes starts faster without it. */
async function loadFailureTest(): Promise<(data: string) => boolean> {
  const { isErrorRecord } = await import('@osprofiler/core')
  return data => {
    const row = [null, null, null, null, null, null, null, null, data]
    return isErrorRecord(toRowRecord(row))
  }
}
