import { closeSync, openSync, realpathSync, statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Array, Error } from '@osprofiler/core/platform'
import { isError, Object } from '@osprofiler/core/toolkit'
import { COLUMNS } from '../../records/record-row.js'
import { SQLITE_CANTOPEN } from './result-code.js'
import { findTable } from './table.js'

/** An open database: its connection, and what tells whether its file is still the one at its path. */
export interface SqliteDatabase {
  readonly connection: DatabaseSync
  /** Whether the table is there. Throws where its place is taken, see `findTable`: also later, since others may change it. */
  hasTable(): boolean
  /** Makes what is missing and prepares the inserts, of one row and of `INSERT_GROUP` rows. */
  prepareInserts(): { readonly one: StatementSync; readonly many: StatementSync }
  /** Whether the file may only be read, so that `openReader` opened it. */
  readonly isReadOnly: boolean
  isInPlace(): boolean
  close(): void
}

// As SQLAlchemy makes it for Python's driver. Of its eight indexes, the two that our reading uses, under their
// names, so that a table that either side made has them once: a trace by its id, and the newest records. Each
// index more is paid at every insert.
const TABLE = `
  CREATE TABLE IF NOT EXISTS data (
    id INTEGER NOT NULL, timestamp VARCHAR(26), base_id VARCHAR(255), parent_id VARCHAR(255), trace_id VARCHAR(255),
    project VARCHAR(255), host VARCHAR(255), service VARCHAR(255), name VARCHAR(255), data JSON, PRIMARY KEY (id)
  );
  CREATE INDEX IF NOT EXISTS ix_data_base_id ON data (base_id);
  CREATE INDEX IF NOT EXISTS ix_data_timestamp ON data (timestamp);`

/** How many rows go in with one statement: a call a row is a third of an insert's cost. */
export const INSERT_GROUP = 10

/**
 * Opens the database at a path, and makes it where `create` says so. Undefined where it is not there.
 *
 * SQLite itself waits for a lock only as long as the thread may be deaf; longer waits are the caller's.
 */
export function openDatabase(Database: typeof DatabaseSync, path: string, create: boolean): SqliteDatabase | undefined {
  if (create) makeFile(path)
  const identity = identify(path)
  if (identity === undefined) return undefined
  checkFiles(path)
  const connection = new Database(path)
  return toDatabase(connection, { isReadOnly: false, isInPlace: () => identify(path) === identity })
}

/**
 * A database on a connection, which is closed where that fails. Fails where the table's place is taken.
 *
 * @param place whether the connection only reads, and whether the file is still the one that was opened
 */
export function toDatabase(
  connection: DatabaseSync,
  place: Pick<SqliteDatabase, 'isReadOnly' | 'isInPlace'>,
): SqliteDatabase {
  let inserts: { one: StatementSync; many: StatementSync } | undefined
  let version: unknown
  let isThere = false

  function hasTable(): boolean {
    const current = connection.prepare('PRAGMA schema_version').get()?.schema_version
    if (current !== version) isThere = findTable(connection)
    version = current
    return isThere
  }

  try {
    // Another table may refer to ours, and have triggers of its own.
    connection.exec('PRAGMA busy_timeout = 100; PRAGMA foreign_keys = OFF')
    hasTable()
  } catch (error) {
    connection.close()
    throw error
  }

  return {
    ...place,
    connection,
    hasTable,
    prepareInserts() {
      if (inserts !== undefined) return inserts
      connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      connection.exec(TABLE)
      inserts = { one: connection.prepare(toInsert(1)), many: connection.prepare(toInsert(INSERT_GROUP)) }
      return inserts
    },
    close: () => connection.close(),
  }
}

function toInsert(rows: number): string {
  const row = `(${COLUMNS.map(() => '?').join(', ')})`
  return `INSERT INTO data (${COLUMNS.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')}`
}

/** Makes the file for the owner alone. What is there stays as it is. */
function makeFile(path: string): void {
  try {
    // SQLite would make it with 0644; -wal and -shm follow it. Never opens a file that is there: on POSIX, closing
    // it again would drop the locks that this process holds on it through other connections.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(isError(error) && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/**
 * SQLite would open a FIFO and wait for its other end, or a device, and not even `process.exit()` ends such a wait. Beside
 * the file that a link leads to, it opens others.
 */
export function checkFiles(path: string): void {
  const file = realpathSync(path)
  for (const suffix of ['', '-journal', '-wal', '-shm']) {
    const stats = statSync(`${file}${suffix}`, { throwIfNoEntry: false })
    if (stats?.isFile() === false)
      throw Object.assign(new Error(`no file: ${file}${suffix}`), { errcode: SQLITE_CANTOPEN })
  }
}

/** What tells one file from another, or undefined where there is none. */
function identify(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}
