import { get } from '@osprofiler/core'
import { whenBuiltinLoaded } from './builtin-loads.js'
import { type Ending, runStep } from './follow.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { whenLoaded } from './library-loads.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { type Around, undoAll, wrapMethod } from './wrap-method.js'

interface Class {
  readonly prototype: object
}

/** A statement of `node:sqlite` or of better-sqlite3, which call their text by two names. */
interface Statement {
  readonly sourceSQL?: unknown
  readonly source?: unknown
}

/** Makes the statements and scripts of `node:sqlite` points named `db`. */
export function instrumentNodeSqlite({ traceSql }: InstrumentSettings): () => void {
  if (traceSql === 'off') return () => undefined
  const start = createStartSql(traceSql, 'sqlite')
  return whenBuiltinLoaded('node:sqlite', exports => {
    const { DatabaseSync, StatementSync } = exports as { DatabaseSync: Class; StatementSync: Class }
    return undoAll([wrapExec(DatabaseSync, start), wrapStatements(StatementSync.prototype, start)])
  })
}

/** Makes the statements, scripts and pragmas of better-sqlite3 points named `db`. */
export function instrumentBetterSqlite3({ traceSql, libraries }: InstrumentSettings): () => void {
  if (traceSql === 'off') return () => undefined
  const start = createStartSql(traceSql, 'sqlite')
  // It does not export the class of its statements: that is found in the binary, or by the next statement of another one.
  const file = 'build/Release/better_sqlite3.node'
  return undoAll([
    whenLoaded(
      'better-sqlite3',
      exports => wrapStatements((exports as { Statement: Class }).Statement.prototype, start),
      {
        file,
      },
    ),
    whenLoaded(
      'better-sqlite3',
      exports => {
        const Database = exports as Class
        const found = new Map<object, () => void>()
        const aroundPrepare: Around = (original, self, args) => {
          const statement = original.apply(self, args) as object
          const prototype: object = Object.getPrototypeOf(statement)
          if (!found.has(prototype)) found.set(prototype, wrapStatements(prototype, start))
          return statement
        }
        const undo = undoAll([wrapExec(Database, start), wrapMethod(Database.prototype, 'prepare', aroundPrepare)])
        return () => undoAll([undo, ...found.values()])()
      },
      { given: libraries['better-sqlite3'] },
    ),
  ])
}

function wrapExec({ prototype }: Class, start: StartSql): (() => void) | undefined {
  return wrapMethod(prototype, 'exec', (original, self, args) => {
    const profiler = get()
    if (profiler === undefined) return original.apply(self, args)
    return runSync(start(profiler, args[0]), () => original.apply(self, args))
  })
}

function wrapStatements(prototype: object, start: StartSql): () => void {
  const begin = (self: unknown, args: readonly unknown[]): Ending | undefined => {
    const { sourceSQL, source = sourceSQL } = self as Statement
    const profiler = get()
    return profiler && start(profiler, source, args.length === 1 ? args[0] : args)
  }
  const aroundRun: Around = (original, self, args) => {
    const step = begin(self, args)
    return step === undefined ? original.apply(self, args) : runSync(step, () => original.apply(self, args))
  }
  const aroundIterate: Around = (original, self, args) => {
    const step = begin(self, args)
    if (step === undefined) return original.apply(self, args)
    const rows = runStep(step, () => original.apply(self, args))
    followRows(rows as object, step)
    return rows
  }
  return undoAll([
    ...['run', 'get', 'all'].map(name => wrapMethod(prototype, name, aroundRun)),
    wrapMethod(prototype, 'iterate', aroundIterate),
  ])
}

function runSync(step: Ending, run: () => unknown): unknown {
  const result = runStep(step, run)
  step.stop()
  return result
}

/** The rows are read one by one: it is over after the last, or when the reader has enough. */
function followRows(rows: object, step: Ending): void {
  wrapMethod(rows, 'next', (original, self, args) => {
    const row = runStep(step, () => original.apply(self, args)) as IteratorResult<unknown>
    if (row.done) step.stop()
    return row
  })
  wrapMethod(rows, 'return', (original, self, args) => {
    step.stop()
    return original.apply(self, args)
  })
}
