import type { TraceRecord } from '@osprofiler/core'
import { COLUMNS, isStorable, toColumns, toDataColumn } from '../records/record-row.js'

/** SQLite takes 1,000,000,000 bytes per row. A character has at most three bytes, or six as an escape. */
const MAX_ROW_CHARACTERS = 100_000_000

/** Packs a record into a string, which is cloned for the thread in a fraction of the time for columns or `info`. */
export function packRecord(record: TraceRecord): string {
  return toColumns(record).join('\0')
}

/** Rows for the database, and the number of records of their batch that cannot be rows. */
export interface SqliteBatch {
  readonly rows: string[][]
  refused: number
}

/**
 * Adds packed records to a batch. A record is refused for its size, for half a surrogate pair, or for a NUL, which
 * makes too many parts. SQLite's clients would cut or change such texts. In `info`, JSON escapes both.
 */
export function unpackRows(packed: readonly string[], batch: SqliteBatch): void {
  for (const text of packed) {
    const row = text.split('\0')
    const data = row.at(-1)
    if (row.length === COLUMNS.length && data !== undefined && text.length <= MAX_ROW_CHARACTERS && isStorable(text)) {
      row[COLUMNS.length - 1] = toDataColumn(data)
      batch.rows.push(row)
    } else batch.refused++
  }
}
