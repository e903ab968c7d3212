import type { DatabaseSync } from 'node:sqlite'
import { Error, String } from '@osprofiler/core/platform'
import { COLUMNS } from '../../records/record-row.js'

/** Matches comments, strings and quoted names in SQL. */
const QUOTED_SQL = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/g
/** The value of `hidden` in `PRAGMA table_xinfo` for an ordinary column. */
const ORDINARY_COLUMN = 0

/**
 * Returns whether the table `data` exists. Throws if `data` is not a plain table, or if it belongs to another program.
 * Triggers, views, CHECK constraints and generated columns contain SQL from the file, and each insert would run this
 * SQL. SQLite sets no time limit for such SQL, and not even `process.exit()` can stop a thread that is running it.
 */
export function findTable(connection: DatabaseSync): boolean {
  const entries = connection
    .prepare(
      `SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'data' COLLATE NOCASE OR name = 'data' COLLATE NOCASE`,
    )
    .all()
  const own = entries.find(({ type, name }) => String(name).toLowerCase() === 'data' && type !== 'index')
  if (own === undefined) return false
  const columns = connection.prepare('PRAGMA table_xinfo(data)').all()
  const missing = ['id', ...COLUMNS].filter(column => !columns.some(({ name }) => name === column))
  if (missing.length > 0) throw createTableError(`is another program's (it has no column ${missing.join(', ')})`)
  const sql = String(own.sql).replace(QUOTED_SQL, ' ')
  if (own.type !== 'table')
    throw createTableError(`is a ${own.type === 'view' ? 'view' : 'trigger'}, but must be a table`)
  if (/^\s*CREATE\s+VIRTUAL\b/i.test(sql)) throw createTableError('is a virtual table, but must be an ordinary one')
  if (entries.some(({ type }) => type === 'trigger'))
    throw createTableError('has a trigger, which would run with each record')
  if (columns.some(({ hidden }) => hidden !== ORDINARY_COLUMN)) throw createTableError('has a generated column')
  if (/\bCHECK\s*\(/i.test(sql)) throw createTableError('has a CHECK, which would run with each record')
  return true
}

function createTableError(reason: string): Error {
  return new Error(`its table "data" ${reason}; name another file`)
}
