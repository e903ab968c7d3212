import { closeSync, openSync, realpathSync, statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Array, Error } from '@osprofiler/core/platform'
import { isError, Object } from '@osprofiler/core/toolkit'
import { COLUMNS } from '../../records/record-row.js'
import { SQLITE_CANTOPEN } from './result-code.js'
import { findTable } from './table.js'

/** An open database. `isInPlace` tells whether its file is still the one at its path. */
export interface SqliteDatabase {
  readonly connection: DatabaseSync
  /** Whether the table exists, also after changes by others. Throws if its place is taken, see `findTable`. */
  hasTable(): boolean
  /** Creates what is missing, and prepares inserts of one row and of `INSERT_GROUP_ROWS` rows. */
  prepareInserts(): { readonly one: StatementSync; readonly many: StatementSync }
  /** Whether this user may only read the file, so that `openReader` opened it. */
  readonly isReadOnly: boolean
  isInPlace(): boolean
  close(): void
}

// SQLAlchemy's table for Python's driver, with the two of its eight indexes that our reading uses: a trace by its id,
// and the newest records. They have Python's names, so no table has them twice. Each index slows down every insert.
const CREATE_TABLE_AND_INDEXES = `
  CREATE TABLE IF NOT EXISTS data (
    id INTEGER NOT NULL, timestamp VARCHAR(26), base_id VARCHAR(255), parent_id VARCHAR(255), trace_id VARCHAR(255),
    project VARCHAR(255), host VARCHAR(255), service VARCHAR(255), name VARCHAR(255), data JSON, PRIMARY KEY (id)
  );
  CREATE INDEX IF NOT EXISTS ix_data_base_id ON data (base_id);
  CREATE INDEX IF NOT EXISTS ix_data_timestamp ON data (timestamp);`

/** Rows per insert statement. A call for each row is a third of an insert's cost. */
export const INSERT_GROUP_ROWS = 10

/** Opens the database at a path, or returns undefined if it is missing and `create` is false. */
export function openDatabase(Database: typeof DatabaseSync, path: string, create: boolean): SqliteDatabase | undefined {
  if (create) makeFile(path)
  const identity = readFileIdentity(path)
  if (identity === undefined) return undefined
  checkFiles(path)
  const connection = new Database(path)
  return toDatabase(connection, { isReadOnly: false, isInPlace: () => readFileIdentity(path) === identity })
}

/** Makes a database of a connection. Closes the connection on failure, for example if the table's place is taken. */
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
    // SQLite itself waits only as long as the thread may be unresponsive. The caller takes care of longer waits.
    // Another table may refer to ours and have triggers of its own.
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
      connection.exec(CREATE_TABLE_AND_INDEXES)
      inserts = { one: connection.prepare(buildInsert(1)), many: connection.prepare(buildInsert(INSERT_GROUP_ROWS)) }
      return inserts
    },
    close: () => connection.close(),
  }
}

function buildInsert(rows: number): string {
  const row = `(${COLUMNS.map(() => '?').join(', ')})`
  return `INSERT INTO data (${COLUMNS.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')}`
}

/** Creates the file for the owner alone. An existing file stays as it is. */
function makeFile(path: string): void {
  try {
    // SQLite would create it with 0644, and -wal and -shm like it. An existing file is never opened. On POSIX, closing
    // it would drop the locks that this process holds on it through other connections.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(isError(error) && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Refuses FIFOs and devices: `process.exit()` cannot end SQLite's wait for one. Logs lie beside a link's target. */
export function checkFiles(path: string): void {
  const file = realpathSync(path)
  for (const suffix of ['', '-journal', '-wal', '-shm']) {
    const stats = statSync(`${file}${suffix}`, { throwIfNoEntry: false })
    if (stats?.isFile() === false)
      throw Object.assign(new Error(`no file: ${file}${suffix}`), { errcode: SQLITE_CANTOPEN })
  }
}

function readFileIdentity(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}
