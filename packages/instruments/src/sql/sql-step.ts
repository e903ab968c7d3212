import type { PointInfo, Profiler } from '@osprofiler/core'
import { isError, Map, noteUnrecorded, String } from '@osprofiler/core/toolkit'
import type { TraceSql } from '../options/instrument-contract.js'
import type { Step } from '../points/end-step.js'
import { hideInMessage } from './text/sql-message.js'
import { MAX_STATEMENT, readStatement } from './text/sql-text.js'
import type { SqlDialect } from './text/sql-tokens.js'

/**
 * Opens the point of a query, whose text and parameters are whatever the program gave to its library. Nothing outside of
 * a trace, and where SQL is not recorded.
 */
export type StartSql = (profiler: Profiler | undefined, text: unknown, params?: unknown) => Step | undefined

/**
 * How the queries of one library become points named `db`, as OSProfiler's tracer of SQLAlchemy records them. Where SQL is
 * not recorded, the trace says that the library was called.
 */
export function createStartSql(traceSql: TraceSql, dialect: SqlDialect, library: string): StartSql {
  if (traceSql === 'off') {
    return profiler => {
      if (profiler !== undefined) noteUnrecorded(profiler.baseId, library)
      return undefined
    }
  }
  const values = traceSql === 'values'
  return (profiler, text, params) => {
    if (profiler === undefined) return undefined
    const sql = typeof text === 'string' ? text : ''
    const point = profiler.startBeside('db', {
      db: values ? { system: dialect, statement: cut(sql), params } : describe(sql, dialect),
    })
    return {
      stop: (info, ago) => point.stop(info, ago),
      fail(error, info, ago) {
        const shown = values ? error : hideInMessage(error, readStatement(sql, dialect), params)
        point.fail(shown, { ...info, db: describeFailure(shown) }, ago)
      },
    }
  }
}

/** As `handle_error` in Python's `osprofiler.sqlalchemy` has it since 4.4.0; before, an absent cause was `None` there. */
function describeFailure(error: unknown): PointInfo {
  const { message = error, cause } = isError(error) ? error : {}
  return { original_exception: String(message), chained_exception: isError(cause) ? cause.message : '' }
}

function cut(sql: string): string {
  return sql.length > MAX_STATEMENT ? `${sql.slice(0, MAX_STATEMENT)}...` : sql
}

// A program has few statements with placeholders, and sends each of them often.
const MAX_KNOWN = 500
const MAX_KNOWN_LENGTH = 1_000
const known: Record<SqlDialect, Map<string, PointInfo>> = {
  postgresql: new Map(),
  mysql: new Map(),
  sqlite: new Map(),
}

function describe(sql: string, dialect: SqlDialect): PointInfo {
  const remembered = known[dialect].get(sql)
  if (remembered !== undefined) return remembered
  const described = { system: dialect, statement: readStatement(sql, dialect).text }
  if (sql.length <= MAX_KNOWN_LENGTH) {
    if (known[dialect].size >= MAX_KNOWN) known[dialect].clear()
    known[dialect].set(sql, described)
  }
  return described
}
