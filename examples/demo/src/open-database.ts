import { createRequire, isBuiltin } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'

// Node has SQLite of its own from 22.13 on; before, a package has the same one.
const client = isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite'
const sqlite: { DatabaseSync: typeof DatabaseSync } = createRequire(import.meta.url)(client)

/** Opens a database. Its queries show up in the trace by themselves: setup() was told `traceSql`. */
export function openDatabase(file: string): DatabaseSync {
  return new sqlite.DatabaseSync(file)
}
