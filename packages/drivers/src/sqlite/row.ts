import type { TraceRecord } from '@osprofiler/core'
import { COLUMNS, isStorable, toColumns, toDataColumn } from '../records/record-row.js'

/**
 * Maximum length of a row. SQLite accepts 1,000,000,000 bytes per row. A character takes at most three bytes, or six
 * bytes if it is escaped.
 */
const MAX_ROW_CHARACTERS = 100_000_000

/**
 * Packs a record into one string. Passing a single string to the thread takes only a fraction of the time that the
 * columns or `info` would take.
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
 * Adds packed records to a batch. A record is refused if it is too large, or if a string outside of `info` contains a
 * lone surrogate or a NUL. SQLite's clients would truncate or change such strings. In `info`, JSON escapes both
 * characters. NULs separate the columns of a packed record, so a record with a NUL in a string has too many columns.
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
