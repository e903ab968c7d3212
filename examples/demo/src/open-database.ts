import { createRequire, isBuiltin } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'

// Node includes SQLite since 22.13. For earlier versions, a package has the same API.
const client = isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite'
const sqlite: { DatabaseSync: typeof DatabaseSync } = createRequire(import.meta.url)(client)

/** Opens a database. Its queries become points, because setup() was called with `traceSql`. */
export function openDatabase(file: string): DatabaseSync {
  return new sqlite.DatabaseSync(file)
}
