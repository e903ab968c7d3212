import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { process, Reflect, String } from '@osprofiler/core/platform'

// This function is not in the file of `findSqliteClient`. Otherwise, the thread would load all of core, and every
// command would take 20 ms longer.

/** Loads the client that `findSqliteClient` returned, without Node 22's warning about its own client. */
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
