import { createRequire, isBuiltin } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'

/** Opens a database: Node has SQLite of its own from 22.13 on; before, a package has the same one. */
export function openDatabase(file: string): DatabaseSync {
  const client = isBuiltin('node:sqlite') ? 'node:sqlite' : '@photostructure/sqlite'
  const sqlite: { DatabaseSync: typeof DatabaseSync } = createRequire(import.meta.url)(client)
  return new sqlite.DatabaseSync(file)
}
