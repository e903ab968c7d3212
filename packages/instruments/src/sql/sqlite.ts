import { get } from '@osprofiler/core'
import { Map, Object, Reflect } from '@osprofiler/core/toolkit'
import { isBuiltinLoaded, whenBuiltinLoaded } from '../loading/builtin-loads.js'
import { whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { failIfThrown, type Step } from '../points/end-step.js'
import { type Around, undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { sayLibraryUnrecorded, sayUnrecorded } from './unrecorded-library.js'

/** A class, as far as it is wrapped. */
export interface Class {
  readonly prototype: object
}

/** The binary part of better-sqlite3. */
interface Addon {
  readonly Statement: Class
}

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
    const { DatabaseSync, StatementSync } = exports as { DatabaseSync: Class; StatementSync: Class }
    return undoAll([wrapExec(DatabaseSync, start), wrapStatements(StatementSync.prototype, start)])
  })
}

/** Makes the statements, scripts, pragmas and transactions of better-sqlite3 points named `db`. */
export function instrumentBetterSqlite3({ traceSql, libraries }: InstrumentSettings): () => void {
  if (traceSql === 'off') return sayLibraryUnrecorded('better-sqlite3', { given: libraries['better-sqlite3'] })
  const start = createStartSql(traceSql, 'sqlite', 'better-sqlite3')
  return undoAll([
    // It does not export the class of its statements. Where the binary is at its place, that one has it.
    whenLoaded('better-sqlite3', exports => wrapStatements((exports as Addon).Statement.prototype, start), {
      file: 'build/Release/better_sqlite3.node',
    }),
    whenLoaded('better-sqlite3', exports => wrapDatabase(exports as Class, start), {
      given: libraries['better-sqlite3'],
    }),
  ])
}

/** Wraps the class of databases, and that of statements once there is one of a binary that was not known. */
function wrapDatabase(Database: Class, start: StartSql): () => void {
  const found = new Map<object, () => void>()
  const learn = (statement: unknown) => {
    const prototype: object = Object.getPrototypeOf(statement)
    if (!found.has(prototype)) found.set(prototype, wrapStatements(prototype, start))
    return statement
  }
  const aroundPrepare: Around = (original, self, args) => learn(Reflect.apply(original, self, args))
  // These prepare statements past the method for it.
  const aroundOthers: Around = (original, self, args) => {
    if (found.size === 0 && get() !== undefined) (self as { prepare(sql: string): unknown }).prepare('SELECT 1')
    return Reflect.apply(original, self, args)
  }
  const undo = undoAll([
    wrapExec(Database, start),
    wrapMethod(Database.prototype, 'prepare', aroundPrepare),
    wrapMethod(Database.prototype, 'pragma', aroundOthers),
    wrapMethod(Database.prototype, 'transaction', aroundOthers),
  ])
  return () => undoAll([undo, ...found.values()])()
}

/** Makes the scripts of a class of databases points. */
export function wrapExec({ prototype }: Class, start: StartSql): (() => void) | undefined {
  return wrapMethod(prototype, 'exec', (original, self, args) => {
    return runSync(start(get(), args[0]), () => Reflect.apply(original, self, args))
  })
}

/** Makes the statements of a class points; this is its prototype. */
export function wrapStatements(prototype: object, start: StartSql): () => void {
  const begin = (self: unknown, args: readonly unknown[]): Step | undefined => {
    const { sourceSQL, source = sourceSQL } = self as Statement
    return start(get(), source, args.length > 1 ? args : args[0])
  }
  const aroundRun: Around = (original, self, args) => {
    return runSync(begin(self, args), () => Reflect.apply(original, self, args))
  }
  const aroundIterate: Around = (original, self, args) => {
    const step = begin(self, args)
    if (step === undefined) return Reflect.apply(original, self, args)
    const rows = failIfThrown(step, () => Reflect.apply(original, self, args))
    followRows(rows as object, step)
    return rows
  }
  return undoAll([
    ...['run', 'get', 'all'].map(name => wrapMethod(prototype, name, aroundRun)),
    wrapMethod(prototype, 'iterate', aroundIterate),
  ])
}

function runSync(step: Step | undefined, run: () => unknown): unknown {
  if (step === undefined) return run()
  const result = failIfThrown(step, run)
  step.stop()
  return result
}

/** The rows are read one by one: it is over after the last, or when the reader has enough. */
function followRows(rows: object, step: Step): void {
  wrapMethod(rows, 'next', (original, self, args) => {
    const row = failIfThrown(step, () => Reflect.apply(original, self, args)) as IteratorResult<unknown>
    if (row.done) step.stop()
    return row
  })
  wrapMethod(rows, 'return', (original, self, args) => {
    step.stop()
    return Reflect.apply(original, self, args)
  })
}
