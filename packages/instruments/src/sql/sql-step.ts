import type { PointInfo, Profiler } from '@osprofiler/core'
import { isError, noteUnrecorded, remember, String } from '@osprofiler/core/toolkit'
import type { TraceSql } from '../options/instrument-contract.js'
import type { Step } from '../points/end-step.js'
import { numberOfPoolOf } from '../points/pool-number.js'
import { hideValuesInMessage } from './text/sql-message.js'
import { MAX_STATEMENT_CHARS, redactStatement } from './text/sql-text.js'
import type { SqlDialect } from './text/sql-tokens.js'

/**
 * Begins the point of a query. The text and the parameters may have any type. When the point stops, it records the
 * number of the connection's pool. Returns `undefined` outside a trace, or if SQL is not recorded.
 */
export type StartSql = (
  profiler: Profiler | undefined,
  text: unknown,
  params?: unknown,
  connection?: unknown,
) => Step | undefined

/**
 * Returns a function that records queries as points named `db`, like OSProfiler's SQLAlchemy tracer. If SQL is not
 * recorded, the function only notes in the trace that the library was used.
 */
export function createStartSql(traceSql: TraceSql, dialect: SqlDialect, library: string): StartSql {
  if (traceSql === 'off') {
    return profiler => {
      if (profiler !== undefined) noteUnrecorded(profiler.baseId, library)
      return undefined
    }
  }
  const showsValues = traceSql === 'values'
  return (profiler, text, params, connection) => {
    if (profiler === undefined) return undefined
    const sql = typeof text === 'string' ? text : ''
    const point = profiler.startBeside('db', {
      db: showsValues ? { system: dialect, statement: cutStatement(sql), params } : describersByDialect[dialect](sql),
    })
    return {
      stop(info, ago) {
        const pool = numberOfPoolOf(connection)
        point.stop(pool === undefined ? info : { ...info, db: { ...getDb(info), pool } }, ago)
      },
      fail(error, info, ago) {
        const shown = showsValues ? error : hideValuesInMessage(error, redactStatement(sql, dialect), params)
        point.fail(shown, { ...info, db: { ...describeFailure(shown), pool: numberOfPoolOf(connection) } }, ago)
      },
    }
  }
}

function getDb(info: PointInfo | undefined): PointInfo | undefined {
  return info?.db as PointInfo | undefined
}

/**
 * Returns the same fields as `handle_error` of Python's `osprofiler.sqlalchemy` since 4.4.0. Earlier versions sent
 * `None` for a missing cause.
 */
function describeFailure(error: unknown): PointInfo {
  const { message = error, cause } = isError(error) ? error : {}
  return { original_exception: String(message), chained_exception: isError(cause) ? cause.message : '' }
}

function cutStatement(sql: string): string {
  return sql.length > MAX_STATEMENT_CHARS ? `${sql.slice(0, MAX_STATEMENT_CHARS)}...` : sql
}

// Descriptions are cached, because a program often repeats a small number of statements with placeholders.
const MAX_REMEMBERED_STATEMENTS = 500
const MAX_REMEMBERED_CHARS = 1_000
const describersByDialect: Readonly<Record<SqlDialect, (sql: string) => PointInfo>> = {
  postgresql: remember(sql => describeStatement(sql, 'postgresql'), MAX_REMEMBERED_STATEMENTS, MAX_REMEMBERED_CHARS),
  mysql: remember(sql => describeStatement(sql, 'mysql'), MAX_REMEMBERED_STATEMENTS, MAX_REMEMBERED_CHARS),
  sqlite: remember(sql => describeStatement(sql, 'sqlite'), MAX_REMEMBERED_STATEMENTS, MAX_REMEMBERED_CHARS),
}

function describeStatement(sql: string, dialect: SqlDialect): PointInfo {
  return { system: dialect, statement: redactStatement(sql, dialect).text }
}
