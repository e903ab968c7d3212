import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceSummary } from '@osprofiler/core'
import { Map, Number, String } from '@osprofiler/core/toolkit'
import { toRowRecord } from '../record-row.js'
import { toRecord } from '../record-text.js'
import { isSelected, type Selection } from '../trace-query.js'
import { newestFirst, toSummary } from '../trace-tally.js'

const STEP = 1_000

/** Runs a piece of work on the store, or gives undefined where there is none. */
export type RunStep = <Result>(work: (connection: DatabaseSync) => Result) => Promise<Result | undefined>

/** The traces that were met, `undefined` for one that is not asked for. */
type Traces = Map<string, TraceSummary | undefined>

interface Position {
  readonly timestamp: string
  readonly id: number
}

/**
 * The newest traces, found by going back in time over the records until none that is older can belong to a newer
 * trace: the cost is that of the newest traces, however many there are. It goes in steps, between which writes
 * get their turn and no snapshot is held.
 */
export async function listTraces(run: RunStep, selection: Selection, failed: boolean): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const isFailure = failed ? await loadFailureTest() : () => true
  const traces: Traces = new Map()
  // No timestamp sorts after it.
  let position: Position | undefined = { timestamp: '\u{10ffff}', id: Number.MAX_SAFE_INTEGER }

  while (position !== undefined) {
    const from: Position = position
    position = await run(connection => stepBack(connection, from, failed, isFailure, traces))
    for (const [baseId, trace] of traces) if (trace && !isSelected(trace, selection)) traces.set(baseId, undefined)
    // A timestamp that is no valid text comes out changed, and the same step would be made for ever.
    if (position?.id === from.id) break
    const reached = position?.timestamp ?? ''
    if (reached < since || countSince(traces, reached) >= limit) break
    await nextTurn()
  }
  return [...traces.values()]
    .filter(trace => trace !== undefined)
    .sort(newestFirst)
    .slice(0, limit)
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
  const data = failed ? `CASE WHEN instr(data, 'etype') OR instr(data, 'status_code') THEN data END` : `''`
  const rows = connection
    .prepare(
      `SELECT timestamp, id, base_id, ${data} AS data FROM data
       WHERE timestamp <= ? AND (timestamp, id) < (?, ?) ORDER BY timestamp DESC, id DESC LIMIT ${STEP}`,
    )
    .all(timestamp, timestamp, id)
  for (const row of rows) {
    const { base_id: baseId, data } = row
    if (typeof baseId !== 'string' || typeof data !== 'string' || traces.has(baseId) || !isFailure(data)) continue
    const summary = summarise(connection, baseId)
    if (summary !== undefined) traces.set(baseId, summary)
  }
  const last = rows.length === STEP ? rows.at(-1) : undefined
  return last && { timestamp: String(last.timestamp), id: Number(last.id) }
}

function summarise(connection: DatabaseSync, baseId: string): TraceSummary | undefined {
  const first = connection
    .prepare(
      `SELECT timestamp, base_id, name, project, service FROM data
       WHERE base_id = ? AND timestamp IS NOT NULL ORDER BY timestamp, id LIMIT 1`,
    )
    .get(baseId)
  const count = connection.prepare('SELECT count(*) AS records FROM data WHERE base_id = ?').get(baseId)
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
