import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { process, Reflect, String } from '@osprofiler/core/platform'

// This function has its own file. If it were in the file of `findSqliteClient`, the thread that runs SQLite would load
// all of `@osprofiler/core`. Every `osprofiler` command would then take 20 ms longer.

/**
 * Loads the client with the name that `findSqliteClient` returned. Suppresses the warning that Node 22 prints for its
 * own client.
 */
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
