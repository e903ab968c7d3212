import type { TraceRecord } from '@osprofiler/core'
import { COLUMNS, isStorable, toColumns, toDataColumn } from '../records/record-row.js'

/** SQLite accepts 1,000,000,000 bytes per row. A character takes at most three bytes, or six if it is escaped. */
const MAX_ROW_CHARACTERS = 100_000_000

/**
 * Packs a record into a string. Passing one string to the thread takes only a fraction of the time of passing the
 * columns or `info`.
 */
export function packRecord(record: TraceRecord): string {
  return toColumns(record).join('\0')
}

/** The rows of a batch, and the number of records that cannot be converted to rows. */
export interface SqliteBatch {
  readonly rows: string[][]
  refused: number
}

/**
 * Adds packed records to a batch. A record is refused if it is too large, or if it contains a lone surrogate or a NUL,
 * which results in too many parts. SQLite's clients would truncate or change such strings. In `info`, JSON escapes
 * both.
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
