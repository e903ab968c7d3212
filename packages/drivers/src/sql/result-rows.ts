import type { TraceSummary } from '@osprofiler/core'
import { Number, String } from '@osprofiler/core/toolkit'
import { toSummary } from '../listing/trace-tally.js'
import { COLUMNS } from '../records/record-row.js'
import { toRecord } from '../records/record-text.js'
import { SqlFailure } from './failure.js'
import type { WalkedRecord } from './store.js'

type Cells = readonly unknown[]

/**
 * Returns whether the table exists. `names` contains the table's column names. Throws if the table belongs to another
 * program.
 */
export function checkColumns(names: readonly string[]): boolean {
  if (names.length === 0) return false
  const missing = ['id', ...COLUMNS].filter(column => !names.includes(column))
  if (missing.length === 0) return true
  const advice = `has a table "data" of another program (it has no column ${missing.join(', ')}); name another database`
  throw new SqlFailure(advice, undefined, 'failed', advice)
}

/**
 * Converts the value of a column to a string. NULL becomes `null`, so that it can be distinguished from the empty
 * string.
 */
export function toTextOrNull(cell: unknown): string | null {
  return cell === null || cell === undefined ? null : String(cell)
}

/**
 * Converts the columns `timestamp, id, base_id, name, service` and the size of `data`. The size is NULL if `data`
 * cannot contain an error.
 */
export function toWalkedRecord([timestamp, id, base_id, name, service, bytes]: Cells): WalkedRecord {
  return {
    timestamp: String(timestamp),
    id: Number(id),
    base_id: String(base_id),
    name: toTextOrNull(name) ?? '',
    service: toTextOrNull(service) ?? '',
    suspectBytes: bytes === null ? undefined : Number(bytes),
  }
}

/** Converts the columns `base_id, timestamp, name, project, service, records`. */
export function toTraceSummary([base_id, timestamp, name, project, service, records]: Cells): TraceSummary {
  return toSummary(toRecord({ base_id, timestamp, name, project, service }), Number(records))
}
