import type { DatabaseSync } from 'node:sqlite'
import { Error, String } from '@osprofiler/core/platform'
import { COLUMNS } from '../../records/record-row.js'

/** Comments, strings and quoted names of SQL. */
const QUOTED = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/g
/** Value of `hidden` in `PRAGMA table_xinfo` for an ordinary column. */
const ORDINARY = 0

/**
 * Whether the table of records exists. Throws if it is not a plain table, or is another program's. A trigger, a view, a
 * CHECK or a generated column is SQL from the file that runs with each insert. SQLite does not limit its time, and a
 * thread in it cannot be ended, not even by `process.exit()`.
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
  if (missing.length > 0) throw refuse(`is another program's (it has no column ${missing.join(', ')})`)
  const sql = String(own.sql).replace(QUOTED, ' ')
  if (own.type !== 'table') throw refuse(`is a ${own.type === 'view' ? 'view' : 'trigger'}, and has to be a table`)
  if (/^\s*CREATE\s+VIRTUAL\b/i.test(sql)) throw refuse('is a virtual table, and has to be an ordinary one')
  if (entries.some(({ type }) => type === 'trigger')) throw refuse('has a trigger, which would run with each record')
  if (columns.some(({ hidden }) => hidden !== ORDINARY)) throw refuse('has a generated column')
  if (/\bCHECK\s*\(/i.test(sql)) throw refuse('has a CHECK, which would run with each record')
  return true
}

function refuse(reason: string): Error {
  return new Error(`its table "data" ${reason}; name another file`)
}
