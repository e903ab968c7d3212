import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceRecord } from '@osprofiler/core'
import { Buffer } from '@osprofiler/core/toolkit'
import { COLUMNS, isStorable, toColumns, toDataColumn } from '../records/record-row.js'

/** A record that was converted to a row. */
export interface SqlRow {
  /** Position of the record in its batch. */
  readonly position: number
  /** The values of the columns, in the order of `COLUMNS`. */
  readonly values: readonly string[]
  /** Upper bound for the number of bytes of the values in UTF-8. */
  readonly bytes: number
}

/** A batch, converted to rows, and the number of records that cannot be converted. */
export interface SqlBatch {
  readonly rows: readonly SqlRow[]
  readonly refused: number
}

/**
 * The conversion of a batch pauses after this many bytes. Without pauses, the conversion would block the event loop.
 */
const MAX_PIECE_BYTES = 1_000_000
/**
 * Maximum length of `data`. A client builds strings that are several times as long, and a JavaScript string has at most
 * 2 ** 29 characters.
 */
const MAX_DATA_CHARACTERS = 50_000_000

const COLUMN_MAX_CHARACTERS = COLUMNS.slice(0, -1).map(column => (column === 'timestamp' ? 26 : 255))
const HOST_COLUMN = COLUMNS.indexOf('host')

/**
 * Converts records to rows. A record is refused if a string outside of `info` contains a lone surrogate, or a NUL that
 * the database cannot store. In `info`, JSON escapes both. A record is also refused if a string is longer than 255
 * characters, the width of the columns in Python's table.
 */
export async function toBatch(records: readonly TraceRecord[], keepsNul: boolean): Promise<SqlBatch> {
  const rows: SqlRow[] = []
  let bytes = 0
  for (const [position, record] of records.entries()) {
    const row = toRow(record, position, keepsNul)
    if (row === undefined) continue
    rows.push(row)
    bytes += row.bytes
    if (bytes < MAX_PIECE_BYTES) continue
    bytes = 0
    await nextTurn()
  }
  return { rows, refused: records.length - rows.length }
}

function toRow(record: TraceRecord, position: number, keepsNul: boolean): SqlRow | undefined {
  const values = toColumns(record)
  const json = values.pop() ?? ''
  if (!doTextsFit(values, keepsNul)) {
    // If the host does not fit into its column, the column stays empty. No data is lost, because `info` also contains
    // the host.
    values[HOST_COLUMN] = ''
    if (!doTextsFit(values, keepsNul)) return undefined
  }
  const data = toDataColumn(json)
  if (data.length > MAX_DATA_CHARACTERS) return undefined
  const others = values.reduce((sum, { length }) => sum + length, 0)
  values.push(data)
  return { position, values, bytes: Buffer.byteLength(data) + 3 * others }
}

function doTextsFit(texts: readonly string[], keepsNul: boolean): boolean {
  for (const [column, text] of texts.entries()) {
    if (!isStorable(text) || !isWithinWidth(text, COLUMN_MAX_CHARACTERS[column] ?? 0)) return false
  }
  return keepsNul || !texts.some(text => text.includes('\0'))
}

/** Returns whether a string has at most `width` code points, which databases count as characters. */
function isWithinWidth(text: string, width: number): boolean {
  if (text.length <= width) return true
  return text.length <= 2 * width && [...text].length <= width
}
