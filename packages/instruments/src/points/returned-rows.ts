import type { PointInfo } from '@osprofiler/core'
import { Array } from '@osprofiler/core/toolkit'

/**
 * Returns the info about the number of returned rows that a query's point records when it stops. `rows` is `undefined`
 * if the number is unknown.
 */
export function describeRows(rows: number | undefined): PointInfo | undefined {
  return rows === undefined ? undefined : { db: { rows } }
}

/** Works like `describeRows`, for a list of rows. Only its length is read. */
export function describeRowList(rows: unknown): PointInfo | undefined {
  return Array.isArray(rows) ? describeRows(rows.length) : undefined
}
