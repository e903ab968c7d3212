import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { TraceSummary } from '@osprofiler/core'
import { Buffer, dateNow, Error, Promise, String, types } from '@osprofiler/core/platform'
import type { ExitGuard } from '../../lifetime/exit-guard.js'
import type { Selection } from '../../listing/trace-query.js'
import { makeDirectory } from '../../opening/make-directory.js'
import { COLUMNS, type RecordRow } from '../../records/record-row.js'
import { isObject } from '../../records/record-text.js'
import { INSERT_GROUP_ROWS, openDatabase, type SqliteDatabase } from './database.js'
import type { RunStep } from './list.js'
import { loadSqliteClient } from './load-client.js'
import { deleteTrace, pruneTraces } from './prune.js'
import { openReader } from './read-only.js'
import { SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_LOCKED, SQLITE_READONLY, toPrimaryCode } from './result-code.js'

const MAX_LOCK_WAIT_MS = 5_000
const MAX_CLOSING_LOCK_WAIT_MS = 1_000
const LOCK_PAUSE_MS = 10
const MAX_PAGE_ROWS = 500
const MAX_PAGE_CHARACTERS = 4_000_000
const MAX_TRIES = 3
/** Selects `data`, unless it is too long for a JavaScript string. A row without `data` has no `info`. */
const DATA_COLUMN = 'CASE WHEN length(data) < 250000000 THEN data END AS data'

/**
 * The purpose for which a database is opened: to read records, to remove records (`change`), or to write records
 * (`make`). Only `make` creates a missing file.
 */
type Purpose = 'read' | 'change' | 'make'

type Rows = readonly (readonly string[])[]

/**
 * Some rows of a trace. The next page begins after the row with the id `after`. On the last page, `after` is undefined.
 */
export interface SqlitePage {
  readonly rows: readonly RecordRow[]
  readonly after: bigint | undefined
}

/** The operations that the thread can run. If `write` rejects, it has written nothing. */
export interface SqliteStore {
  write(rows: Rows): Promise<void>
  read(baseId: string, after: bigint): Promise<SqlitePage>
  list(selection: Selection, failedOnly: boolean): Promise<TraceSummary[]>
  /** Resolves to the number of removed records. */
  delete(baseId: string): Promise<number>
  /** Removes the traces whose records are all older than `before`, and resolves to their number. */
  prune(before: string): Promise<number>
  close(): Promise<void>
}

/**
 * Creates a store. `client` is a name that `findSqliteClient` returned. The file is opened on first use, and opened
 * again if it was deleted.
 */
export function createStore(client: string, path: string, guard: ExitGuard): SqliteStore {
  let Database: typeof DatabaseSync | undefined
  let database: SqliteDatabase | undefined
  let writing: Promise<unknown> = Promise.resolve()
  let isClosing = false

  function openFor(purpose: Purpose): SqliteDatabase | undefined {
    if (database !== undefined && !database.isInPlace()) closeDatabase()
    if (database?.isReadOnly && purpose !== 'read') closeDatabase()
    Database ??= loadSqliteClient(client)
    database ??= purpose === 'read' ? openReader(Database, path) : openDatabase(Database, path, purpose === 'make')
    return database
  }

  function closeDatabase(): void {
    const stale = database
    database = undefined
    stale?.close()
  }

  /**
   * Runs `work`, and tries again while another process has locked the database. The thread is unresponsive only during
   * SQLite's own, short wait.
   */
  async function attempt<Result>(work: () => Result): Promise<Result> {
    const begun = dateNow()
    for (;;) {
      try {
        return await guard.run(work)
      } catch (error) {
        const locked = isLocked(error)
        if (!locked) await guard.run(closeDatabase)
        const maxWaitMs = isClosing ? MAX_CLOSING_LOCK_WAIT_MS : MAX_LOCK_WAIT_MS
        if (!locked || dateNow() - begun > maxWaitMs) throw error
      }
      await delay(LOCK_PAUSE_MS)
    }
  }

  function insertAll(rows: Rows): void {
    // If the file was deleted during the insert, the batch is lost with it. The batch is then written once more, into a
    // new file.
    for (let file = 1; file <= 2; file++) {
      const opened = openFor('make')
      if (opened === undefined) break
      insert(opened, rows)
      if (opened.isInPlace()) return
    }
    throw new Error('its file disappears during writes, or is a dangling link')
  }

  async function write(rows: Rows): Promise<void> {
    try {
      await attempt(() => insertAll(rows))
    } catch (error) {
      if (!isObject(error) || error.code !== 'ENOENT') throw error
      await makeDirectory(dirname(path))
      await attempt(() => insertAll(rows))
    }
  }

  /** Reads a consistent state of the table. Resolves to undefined if the table does not exist. */
  function read<Result>(work: (connection: DatabaseSync) => Result): Promise<Result | undefined> {
    return attempt(() => {
      for (let tries = 1; ; tries++) {
        const opened = openFor('read')
        try {
          const result = opened && runTransaction(opened, 'BEGIN', work)
          if (opened === undefined || opened.isInPlace() || tries === MAX_TRIES) return result
        } catch (error) {
          // A read without a lock may see a mixture of two states, and fail. Such a read is repeated.
          if (isLocked(error) || tries === MAX_TRIES || !mayHaveChanged(error, opened)) throw error
          closeDatabase()
        }
      }
    })
  }

  /** Changes the table. Resolves to undefined if the table does not exist. Rejects after the store began to close. */
  function change<Result>(work: (connection: DatabaseSync) => Result): Promise<Result | undefined> {
    return attempt(() => {
      if (isClosing) throw new Error('it was closed')
      const opened = openFor('change')
      // The transaction is IMMEDIATE. A transaction that begins with a read cannot wait for the lock when it writes.
      return opened?.hasTable() ? runTransaction(opened, 'BEGIN IMMEDIATE', work) : undefined
    })
  }

  return {
    write(rows) {
      const written = writing.then(() => write(rows))
      writing = written.catch(() => undefined)
      return written
    },
    read: async (baseId, after) =>
      (await read(connection => readPage(connection, baseId, after))) ?? { rows: [], after: undefined },
    async list(selection, failedOnly) {
      // This module is loaded only on demand, because it loads `@osprofiler/core`, which is not needed to read a single
      // trace.
      const { listTraces } = await import('./list.js')
      const readUntilClosed: RunStep = work => {
        if (isClosing) throw new Error('it was closed')
        return read(work)
      }
      return await listTraces(readUntilClosed, selection, failedOnly)
    },
    async delete(baseId) {
      return (await change(connection => deleteTrace(connection, baseId))) ?? 0
    },
    prune: before => pruneTraces(change, before),
    async close() {
      isClosing = true
      await writing
      await guard.run(closeDatabase)
    },
  }
}

function insert(database: SqliteDatabase, rows: Rows): void {
  const { one, many } = database.prepareInserts()
  const grouped = rows.length - (rows.length % INSERT_GROUP_ROWS)
  const isDone = runTransaction(database, 'BEGIN IMMEDIATE', () => {
    for (let start = 0; start < grouped; start += INSERT_GROUP_ROWS)
      many.run(...rows.slice(start, start + INSERT_GROUP_ROWS).flat())
    for (const row of rows.slice(grouped)) one.run(...row)
    return true
  })
  if (!isDone) throw new Error('its table was removed')
}

/**
 * Runs `work` in a transaction, if the table exists. The check for the table is a part of the transaction. If the check
 * came before the transaction, another process could replace the table with an endless view after the check.
 */
function runTransaction<Result>(
  database: SqliteDatabase,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE',
  work: (connection: DatabaseSync) => Result,
): Result | undefined {
  database.connection.exec(begin)
  try {
    const result = database.hasTable() ? work(database.connection) : undefined
    database.connection.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/**
 * Returns whether another try may succeed. This is the case if the file changed during the read, or if the log was
 * created or removed.
 */
function mayHaveChanged(error: unknown, database: SqliteDatabase | undefined): boolean {
  const code = toPrimaryCode(error)
  return code === SQLITE_CANTOPEN || code === SQLITE_READONLY || database?.isInPlace() === false
}

function rollBack({ connection }: SqliteDatabase): void {
  try {
    connection.exec('ROLLBACK')
  } catch {
    // ROLLBACK fails if SQLite has already rolled back the transaction, for example because the disk is full.
  }
}

/**
 * Reads a page of a trace in the order in which the records arrived. The index has this order, so the query needs no
 * sorting and no snapshot, and no record is missed between two pages.
 */
function readPage(connection: DatabaseSync, baseId: string, after: bigint): SqlitePage {
  const rows: RecordRow[] = []
  let characters = 0
  const columns = COLUMNS.map(column => (column === 'data' ? DATA_COLUMN : column))
  const select = connection.prepare(
    `SELECT id, ${columns.join(', ')} FROM data WHERE base_id = ? AND id > ? ORDER BY id`,
  )
  // Without this setting, a number beyond JavaScript's safe range would make the whole page fail.
  select.setReadBigInts(true)
  for (const found of select.iterate(baseId, after)) {
    const row = COLUMNS.map(column => toText(found[column]))
    rows.push(row)
    characters += row.at(-1)?.length ?? 0
    const isFull = rows.length === MAX_PAGE_ROWS || characters > MAX_PAGE_CHARACTERS
    // An id that is not an integer can occur only in a table that this driver did not create. The next page cannot
    // begin after such an id, so this page is the last.
    if (isFull) return { rows, after: typeof found.id === 'bigint' ? found.id : undefined }
  }
  return { rows, after: undefined }
}

function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return types.isUint8Array(value) ? Buffer.from(value).toString() : String(value)
}

function isLocked(error: unknown): boolean {
  const code = toPrimaryCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}
