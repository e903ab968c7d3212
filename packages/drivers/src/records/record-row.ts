import type { TraceRecord } from '@osprofiler/core'
import { jsonText } from '@osprofiler/core/json'
import { JSON } from '@osprofiler/core/platform'
import { isObject, parse, toRecord } from './record-text.js'

/** The columns of a record. They are packed, bound and read in this order. */
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

/** The values of the columns in `COLUMNS`, as read from the database. Python leaves some columns NULL. */
export type RecordRow = readonly (string | null)[]

/**
 * Returns the values of the columns in `COLUMNS`. `data` is encoded only once here, but twice in the database (see
 * `toDataColumn`).
 */
export function toColumns(record: TraceRecord): string[] {
  const { timestamp, base_id, parent_id, trace_id, project, service, name, info } = record
  const host = typeof info.host === 'string' ? info.host : ''
  return [timestamp, base_id, parent_id, trace_id, project, host, service, name, jsonText({ info }, 0)]
}

/**
 * Encodes `data` a second time, as Python's driver does. That driver passes JSON text to a column of SQLAlchemy's type
 * JSON, which encodes the text again.
 */
export function toDataColumn(data: string): string {
  return JSON.stringify(data)
}

/** Returns whether UTF-8 can encode a string, that is, whether the string contains no lone surrogate. */
export function isStorable(text: string): boolean {
  return text.isWellFormed()
}

/**
 * Converts a row to a record. Either this driver or Python's driver wrote the row. A row from Python may have the host
 * in a separate column instead of in `info`.
 */
export function fromRow(row: RecordRow): TraceRecord {
  const [timestamp, base_id, parent_id, trace_id, project, host, service, name, data] = row
  const { info: parsedInfo } = parseData(data ?? null)
  const info = isObject(parsedInfo) ? parsedInfo : {}
  if (host && info.host === undefined) info.host = host
  return toRecord({ timestamp, base_id, parent_id, trace_id, project, service, name, info })
}

/** Parses the column `data`, which may be encoded once or twice. */
function parseData(data: string | null): Record<string, unknown> {
  const once = parse(data ?? '')
  const value = typeof once === 'string' ? parse(once) : once
  return isObject(value) ? value : {}
}
