import { get } from '@osprofiler/core'
import { isBuiltinLoaded, whenBuiltinLoaded } from '../loading/builtin-loads.js'
import { whenLoaded } from '../loading/library-loads.js'
import { wrapClasses, wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { endWhenReturned, failIfThrown, type Step } from '../points/end-step.js'
import { describeRowList, describeRows } from '../points/returned-rows.js'
import { type Around, type Arounds, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { wrapWhenSeen } from '../wrapping/wrap-when-seen.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { reportUnrecordedLibrary, reportUnrecordedWhenLoaded } from './unrecorded-library.js'

/**
 * A prepared statement. Its text is `source` in better-sqlite3, and `sourceSQL` in `node:sqlite` and in libraries with
 * the same API.
 */
interface Statement {
  readonly sourceSQL?: unknown
  readonly source?: unknown
}

/** Records the statements and scripts of `node:sqlite` as points named `db`. */
export function instrumentNodeSqlite({ traceSql }: InstrumentSettings): () => void {
  if (traceSql === 'off') return reportUnrecordedWhenLoaded('node:sqlite', () => isBuiltinLoaded('node:sqlite'))
  const start = createStartSql(traceSql, 'sqlite', 'node:sqlite')
  return whenBuiltinLoaded('node:sqlite', exports => {
    return wrapClasses(exports, {
      classes: { DatabaseSync: createDatabaseWrappers(start), StatementSync: createStatementWrappers(start) },
    })
  })
}

/** Records the statements, scripts, pragmas and transactions of better-sqlite3 as points named `db`. */
export function instrumentBetterSqlite3({ traceSql, libraries }: InstrumentSettings): () => void {
  if (traceSql === 'off') return reportUnrecordedLibrary('better-sqlite3', { given: libraries['better-sqlite3'] })
  const start = createStartSql(traceSql, 'sqlite', 'better-sqlite3')
  return undoAll([
    // Only the native binary exports the class of statements. This call finds the binary only in its usual folder. For
    // other folders, see `wrapDatabase`.
    wrapLibrary('better-sqlite3', [
      { file: 'build/Release/better_sqlite3.node', classes: { Statement: createStatementWrappers(start) } },
    ]),
    whenLoaded('better-sqlite3', exports => wrapDatabase(exports, start), { given: libraries['better-sqlite3'] }),
  ])
}

/**
 * Wraps the class of databases. If the native binary is in an unusual folder, wraps the class of statements when the
 * first statement is created.
 */
function wrapDatabase(exports: unknown, start: StartSql): () => void {
  const statements = wrapWhenSeen(prototype => wrapMethods(prototype, createStatementWrappers(start)))
  const aroundPrepare: Around = (proceed, _self, args) => statements.see(proceed(args))
  // `pragma` and `transaction` prepare statements without calling `prepare`. So this wrapper prepares a statement
  // first, to find and wrap the class of statements.
  const aroundHiddenPrepare: Around = (proceed, self, args) => {
    if (!statements.hasSeen && get() !== undefined) (self as { prepare(sql: string): unknown }).prepare('SELECT 1')
    return proceed(args)
  }
  const databaseWrappers = { prepare: aroundPrepare, pragma: aroundHiddenPrepare, transaction: aroundHiddenPrepare }
  return undoAll([
    wrapClasses(exports, { methods: { ...createDatabaseWrappers(start), ...databaseWrappers } }),
    statements.undo,
  ])
}

/** Creates the wrapper for `exec`, which runs a script on a database. */
export function createDatabaseWrappers(start: StartSql): Arounds {
  return { exec: (proceed, _self, args) => endWhenReturned(start(get(), args[0]), () => proceed(args)) }
}

/**
 * Creates the wrappers for the methods that run a prepared statement. The point of `iterate` ends after the last row.
 */
export function createStatementWrappers(start: StartSql): Arounds {
  const begin = (self: unknown, args: readonly unknown[]): Step | undefined => {
    const { sourceSQL, source = sourceSQL } = self as Statement
    return start(get(), source, args.length > 1 ? args : args[0])
  }
  const aroundRun: Around = (proceed, self, args) => endWhenReturned(begin(self, args), () => proceed(args))
  const aroundAll: Around = (proceed, self, args) =>
    endWhenReturned(begin(self, args), () => proceed(args), describeRowList)
  const aroundIterate: Around = (proceed, self, args) => {
    const step = begin(self, args)
    if (step === undefined) return proceed(args)
    const rows = failIfThrown(step, () => proceed(args))
    endAfterRows(rows as object, step)
    return rows
  }
  return { run: aroundRun, get: aroundRun, all: aroundAll, iterate: aroundIterate }
}

/** Ends the step after the last row, or when the program stops reading rows. */
function endAfterRows(rows: object, step: Step): void {
  let count = 0
  wrapMethod(rows, 'next', (proceed, _self, args) => {
    const row = failIfThrown(step, () => proceed(args)) as IteratorResult<unknown>
    if (row.done) step.stop(describeRows(count))
    else count++
    return row
  })
  wrapMethod(rows, 'return', (proceed, _self, args) => {
    step.stop(describeRows(count))
    return proceed(args)
  })
}
