import type { TraceRecord } from '@osprofiler/core'
import { COLUMNS, isStorable, toColumns, toDataColumn } from '../records/record-row.js'

/** SQLite takes a thousand million bytes a row; a character is at most three, or an escape of six. */
const MAX_CHARACTERS = 100_000_000

/**
 * A record as one string, which is what crosses to the thread: cloning a string a record costs the caller's event
 * loop a fraction of what cloning its columns or its `info` would.
 */
export function packRecord(record: TraceRecord): string {
  return toColumns(record).join('\0')
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
    if (row.length === COLUMNS.length && data !== undefined && text.length <= MAX_CHARACTERS && isStorable(text)) {
      row[COLUMNS.length - 1] = toDataColumn(data)
      batch.rows.push(row)
    } else batch.refused++
  }
}
