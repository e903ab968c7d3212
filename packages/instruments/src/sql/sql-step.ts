import type { PointInfo, Profiler } from '@osprofiler/core'
import { isError, noteUnrecorded, remember, String } from '@osprofiler/core/toolkit'
import type { TraceSql } from '../options/instrument-contract.js'
import type { Step } from '../points/end-step.js'
import { hideInMessage } from './text/sql-message.js'
import { MAX_STATEMENT, readStatement } from './text/sql-text.js'
import type { SqlDialect } from './text/sql-tokens.js'

/** Opens the point of a query. Text and parameters may have any type. Opens none outside a trace or with SQL off. */
export type StartSql = (profiler: Profiler | undefined, text: unknown, params?: unknown) => Step | undefined

/** Records queries as points `db`, like OSProfiler's tracer of SQLAlchemy. With SQL off, traces name the library. */
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
      db: values ? { system: dialect, statement: cut(sql), params } : describe[dialect](sql),
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

/** Follows Python's `osprofiler.sqlalchemy` (`handle_error`) since 4.4.0. Before, an absent cause was `None`. */
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
const describe: Readonly<Record<SqlDialect, (sql: string) => PointInfo>> = {
  postgresql: remember(sql => read(sql, 'postgresql'), MAX_KNOWN, MAX_KNOWN_LENGTH),
  mysql: remember(sql => read(sql, 'mysql'), MAX_KNOWN, MAX_KNOWN_LENGTH),
  sqlite: remember(sql => read(sql, 'sqlite'), MAX_KNOWN, MAX_KNOWN_LENGTH),
}

function read(sql: string, dialect: SqlDialect): PointInfo {
  return { system: dialect, statement: readStatement(sql, dialect).text }
}
