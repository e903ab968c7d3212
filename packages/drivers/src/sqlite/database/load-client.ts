import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { process, Reflect, String } from '@osprofiler/core/platform'

// This file is separate, because with `findSqliteClient` the thread would load all of core, for 20 ms of every command.

/** Loads a client that `findSqliteClient` named, without Node 22's warning about its own client. */
export function loadSqliteClient(client: string): typeof DatabaseSync {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).startsWith('SQLite is an experimental feature'))
      Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return createRequire(import.meta.url)(client).DatabaseSync
  } finally {
    process.emitWarning = emitWarning
  }
}
