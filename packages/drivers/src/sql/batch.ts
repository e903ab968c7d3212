import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceRecord } from '@osprofiler/core'
import { Buffer } from '@osprofiler/core/toolkit'
import { COLUMNS, isStorable, toColumns, toDataColumn } from '../records/record-row.js'

/** A record's row on its way into a table. */
export interface SqlRow {
  /** The record's position in its batch. */
  readonly place: number
  /** Of `COLUMNS`. */
  readonly values: readonly string[]
  /** How many these are in UTF-8 at most. */
  readonly bytes: number
}

/** A batch as rows, and how many of its records cannot be rows. */
export interface SqlBatch {
  readonly rows: readonly SqlRow[]
  readonly refused: number
}

/** What is made in one go: more would keep the event loop from its other work. */
const MAX_PIECE_BYTES = 1_000_000
/** A client makes strings several times as long, of which none may have more than 2 ** 29 characters. */
const MAX_DATA_CHARACTERS = 50_000_000

const WIDTHS = COLUMNS.slice(0, -1).map(column => (column === 'timestamp' ? 26 : 255))
const HOST = COLUMNS.indexOf('host')

/**
 * Makes rows of records. Refused is what Python's table has no room for or UTF-8 cannot say: a text of more than 255
 * characters, half a surrogate pair, and NUL unless the database keeps it. In `info` both are escaped by its JSON.
 */
export async function toBatch(records: readonly TraceRecord[], keepsNul: boolean): Promise<SqlBatch> {
  const rows: SqlRow[] = []
  let bytes = 0
  for (const [place, record] of records.entries()) {
    const row = toRow(record, place, keepsNul)
    if (row === undefined) continue
    rows.push(row)
    bytes += row.bytes
    if (bytes < MAX_PIECE_BYTES) continue
    bytes = 0
    await nextTurn()
  }
  return { rows, refused: records.length - rows.length }
}

function toRow(record: TraceRecord, place: number, keepsNul: boolean): SqlRow | undefined {
  const values = toColumns(record)
  const json = values.pop() ?? ''
  if (!fit(values, keepsNul)) {
    // `info` has the host too: it is no loss where this one has no room.
    values[HOST] = ''
    if (!fit(values, keepsNul)) return undefined
  }
  const data = toDataColumn(json)
  if (data.length > MAX_DATA_CHARACTERS) return undefined
  const others = values.reduce((sum, { length }) => sum + length, 0)
  values.push(data)
  return { place, values, bytes: Buffer.byteLength(data) + 3 * others }
}

function fit(texts: readonly string[], keepsNul: boolean): boolean {
  for (const [column, text] of texts.entries()) {
    if (!isStorable(text) || !isWithin(text, WIDTHS[column] ?? 0)) return false
  }
  return keepsNul || !texts.some(text => text.includes('\0'))
}

/** Whether a text has at most so many characters, as databases count them. */
function isWithin(text: string, width: number): boolean {
  if (text.length <= width) return true
  return text.length <= 2 * width && [...text].length <= width
}
