import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import * as profiler from '@osprofiler/core'

/**
 * A query that shows up in the trace. There is an instrument for Node's own SQLite, and none for the package that takes
 * its place in older Nodes: whatever has no instrument is a point like this.
 */
export function query<Row>(database: DatabaseSync, statement: string, ...params: SQLInputValue[]): Row[] {
  return profiler.withTrace(
    'db',
    { db: { statement, params } },
    () => database.prepare(statement).all(...params) as Row[],
  )
}
