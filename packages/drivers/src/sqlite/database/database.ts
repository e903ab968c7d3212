import { closeSync, openSync, realpathSync, statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Array, Error } from '@osprofiler/core/platform'
import { isError, Object } from '@osprofiler/core/toolkit'
import { COLUMNS } from '../../records/record-row.js'
import { SQLITE_CANTOPEN } from './result-code.js'
import { findTable } from './table.js'

/** An open database. `isInPlace` returns whether the path still refers to the file that was opened. */
export interface SqliteDatabase {
  readonly connection: DatabaseSync
  /**
   * Returns whether the table currently exists, even if another process created or removed it after the database was
   * opened. Throws if another program uses the table's name; see `findTable`.
   */
  hasTable(): boolean
  /**
   * Creates the table and the indexes if they are missing. Returns prepared statements that insert one row and
   * `INSERT_GROUP_ROWS` rows.
   */
  prepareInserts(): { readonly one: StatementSync; readonly many: StatementSync }
  /** Whether the user of this process may only read the file. In this case, `openReader` opened the file. */
  readonly isReadOnly: boolean
  isInPlace(): boolean
  close(): void
}

// This is the table that SQLAlchemy creates for Python's driver. Of Python's eight indexes, only the two that this
// driver's queries use are created, because each index slows down every insert. One index finds the records of a trace,
// and the other finds the newest records. The indexes have the same names as in Python, so that Python's driver does
// not create them a second time.
const CREATE_TABLE_AND_INDEXES = `
  CREATE TABLE IF NOT EXISTS data (
    id INTEGER NOT NULL, timestamp VARCHAR(26), base_id VARCHAR(255), parent_id VARCHAR(255), trace_id VARCHAR(255),
    project VARCHAR(255), host VARCHAR(255), service VARCHAR(255), name VARCHAR(255), data JSON, PRIMARY KEY (id)
  );
  CREATE INDEX IF NOT EXISTS ix_data_base_id ON data (base_id);
  CREATE INDEX IF NOT EXISTS ix_data_timestamp ON data (timestamp);`

/**
 * Rows per insert statement. If each row had its own statement, the calls would take a third of the time of an insert.
 */
export const INSERT_GROUP_ROWS = 10

/** Opens the database at a path. Returns undefined if the file is missing and `create` is false. */
export function openDatabase(Database: typeof DatabaseSync, path: string, create: boolean): SqliteDatabase | undefined {
  if (create) makeFile(path)
  const identity = readFileIdentity(path)
  if (identity === undefined) return undefined
  checkFiles(path)
  const connection = new Database(path)
  return toDatabase(connection, { isReadOnly: false, isInPlace: () => readFileIdentity(path) === identity })
}

/**
 * Creates a `SqliteDatabase` from an open connection. Closes the connection if this fails, for example because the
 * table belongs to another program.
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
    // During a lock wait of SQLite itself, the thread does not respond. Therefore this wait is limited to 100 ms, and
    // the caller handles longer waits. Foreign keys are disabled, because another table may refer to this table and
    // have triggers.
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

/** Creates the file, which only its owner can access. Does not change an existing file. */
function makeFile(path: string): void {
  try {
    // SQLite itself would create the file and its `-wal` and `-shm` files with mode 0644. An existing file is not
    // opened here. On POSIX, closing the file would release the locks that other connections of this process have on
    // the file.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(isError(error) && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/**
 * Throws if a file of the database is a FIFO or a device, because `process.exit()` cannot end SQLite's wait for such a
 * file. If the path is a link, the log files are next to the link's target.
 */
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
