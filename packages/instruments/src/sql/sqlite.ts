import { get } from '@osprofiler/core'
import { isBuiltinLoaded, whenBuiltinLoaded } from '../loading/builtin-loads.js'
import { whenLoaded } from '../loading/library-loads.js'
import { wrapClasses, wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { endWhenReturned, failIfThrown, type Step } from '../points/end-step.js'
import { type Around, type Arounds, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { wrapWhenSeen } from '../wrapping/wrap-when-seen.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { sayLibraryUnrecorded, sayUnrecorded } from './unrecorded-library.js'

/** A statement of `node:sqlite` and its like, or of better-sqlite3, which call their text by two names. */
interface Statement {
  readonly sourceSQL?: unknown
  readonly source?: unknown
}

/** Makes the statements and scripts of `node:sqlite` points named `db`. */
export function instrumentNodeSqlite({ traceSql }: InstrumentSettings): () => void {
  if (traceSql === 'off') return sayUnrecorded('node:sqlite', () => isBuiltinLoaded('node:sqlite'))
  const start = createStartSql(traceSql, 'sqlite', 'node:sqlite')
  return whenBuiltinLoaded('node:sqlite', exports => {
    return wrapClasses(exports, {
      classes: { DatabaseSync: aroundDatabase(start), StatementSync: aroundStatement(start) },
    })
  })
}

/** Makes the statements, scripts, pragmas and transactions of better-sqlite3 points named `db`. */
export function instrumentBetterSqlite3({ traceSql, libraries }: InstrumentSettings): () => void {
  if (traceSql === 'off') return sayLibraryUnrecorded('better-sqlite3', { given: libraries['better-sqlite3'] })
  const start = createStartSql(traceSql, 'sqlite', 'better-sqlite3')
  return undoAll([
    // It does not export the class of its statements. Where the binary is at its place, that one has it.
    wrapLibrary('better-sqlite3', [
      { file: 'build/Release/better_sqlite3.node', classes: { Statement: aroundStatement(start) } },
    ]),
    whenLoaded('better-sqlite3', exports => wrapDatabase(exports, start), { given: libraries['better-sqlite3'] }),
  ])
}

/** Wraps the class of databases, and that of statements once there is one of a binary that was not known. */
function wrapDatabase(exports: unknown, start: StartSql): () => void {
  const statements = wrapWhenSeen(prototype => wrapMethods(prototype, aroundStatement(start)))
  const aroundPrepare: Around = (proceed, _self, args) => statements.see(proceed(args))
  // These prepare statements past the method for it.
  const aroundOthers: Around = (proceed, self, args) => {
    if (!statements.hasSeen && get() !== undefined) (self as { prepare(sql: string): unknown }).prepare('SELECT 1')
    return proceed(args)
  }
  const others = { prepare: aroundPrepare, pragma: aroundOthers, transaction: aroundOthers }
  return undoAll([wrapClasses(exports, { methods: { ...aroundDatabase(start), ...others } }), statements.undo])
}

/** Makes the scripts of a database points. */
export function aroundDatabase(start: StartSql): Arounds {
  return { exec: (proceed, _self, args) => endWhenReturned(start(get(), args[0]), () => proceed(args)) }
}

/** Makes the runs of a statement points. */
export function aroundStatement(start: StartSql): Arounds {
  const begin = (self: unknown, args: readonly unknown[]): Step | undefined => {
    const { sourceSQL, source = sourceSQL } = self as Statement
    return start(get(), source, args.length > 1 ? args : args[0])
  }
  const aroundRun: Around = (proceed, self, args) => endWhenReturned(begin(self, args), () => proceed(args))
  const aroundIterate: Around = (proceed, self, args) => {
    const step = begin(self, args)
    if (step === undefined) return proceed(args)
    const rows = failIfThrown(step, () => proceed(args))
    followRows(rows as object, step)
    return rows
  }
  return { run: aroundRun, get: aroundRun, all: aroundRun, iterate: aroundIterate }
}

/** The rows are read one by one: it is over after the last, or when the reader has enough. */
function followRows(rows: object, step: Step): void {
  wrapMethod(rows, 'next', (proceed, _self, args) => {
    const row = failIfThrown(step, () => proceed(args)) as IteratorResult<unknown>
    if (row.done) step.stop()
    return row
  })
  wrapMethod(rows, 'return', (proceed, _self, args) => {
    step.stop()
    return proceed(args)
  })
}
