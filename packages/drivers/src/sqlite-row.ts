import type { TraceRecord } from '@osprofiler/core'
import { isObject, parse, toRecord } from './record-text.js'

/** The columns of a record in the order in which they are packed, bound and read. */
export const COLUMNS = [
  'timestamp',
  'base_id',
  'parent_id',
  'trace_id',
  'project',
  'host',
  'service',
  'name',
  'data',
] as const

/** The values of `COLUMNS`. Python leaves some NULL. */
export type SqliteRow = readonly (string | null)[]

/** SQLite takes a thousand million bytes a row; a character is at most three, or an escape of six. */
const MAX_LENGTH = 100_000_000

/**
 * A record as one string, which is what crosses to the thread: cloning a string a record costs the caller's event
 * loop a fraction of what cloning its columns or its `info` would. Undefined where `info` has no JSON.
 */
export function packRecord(record: TraceRecord): string | undefined {
  try {
    const { timestamp, base_id, parent_id, trace_id, project, service, name, info } = record
    if (!isObject(info) || !areTexts(timestamp, base_id, parent_id, trace_id, project, service, name)) return undefined
    const host = typeof info.host === 'string' ? info.host : ''
    const data = JSON.stringify({ info })
    return `${timestamp}\0${base_id}\0${parent_id}\0${trace_id}\0${project}\0${host}\0${service}\0${name}\0${data}`
  } catch {
    return undefined
  }
}

/** Rows on their way into the database, and how many of their batch cannot be rows. */
export interface SqliteBatch {
  readonly rows: string[][]
  refused: number
}

/**
 * Adds packed records to a batch. Refused is what SQLite's clients would cut short or change, a NUL in a column (the
 * row then has too many parts) and half a surrogate pair, and what no row has room for. In `info` the two are
 * escaped by its JSON.
 */
export function unpackRows(packed: readonly string[], batch: SqliteBatch): void {
  for (const text of packed) {
    const row = text.split('\0')
    const data = row.at(-1)
    if (row.length === COLUMNS.length && data !== undefined && text.length <= MAX_LENGTH && isStorable(text)) {
      // Python dumps a text into a column of type JSON, which dumps it again.
      row[COLUMNS.length - 1] = JSON.stringify(data)
      batch.rows.push(row)
    } else batch.refused++
  }
}

/** Whether SQLite keeps a text as it is. */
export function isStorable(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** The record of a row of ours or of Python's, whose records may have their host beside `info`. */
export function toRowRecord(row: SqliteRow): TraceRecord {
  const [timestamp, base_id, parent_id, trace_id, project, host, service, name, data] = row
  const { info: told } = parseData(data ?? null)
  const info = isObject(told) ? told : {}
  if (host && info.host === undefined) info.host = host
  return toRecord({ timestamp, base_id, parent_id, trace_id, project, service, name, info })
}

/** What the `data` column holds, encoded once or twice. */
function parseData(data: string | null): Record<string, unknown> {
  const once = parse(data ?? '')
  const value = typeof once === 'string' ? parse(once) : once
  return isObject(value) ? value : {}
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every(value => typeof value === 'string')
}
