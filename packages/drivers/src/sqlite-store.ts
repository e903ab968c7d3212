import { setTimeout as delay } from 'node:timers/promises'
import type { TraceSummary } from '@osprofiler/core'
import { isObject } from './record-text.js'
import { loadSqliteClient } from './sqlite-client.js'
import { openDatabase, type SqliteDatabase } from './sqlite-database.js'
import { listTraces } from './sqlite-list.js'
import { COLUMNS, type SqliteRow, unpackRow } from './sqlite-row.js'
import type { Selection } from './trace-query.js'

const LOCK_PATIENCE = 5_000
const LOCK_PAUSE = 10
const BATCH_ROWS = 500
const BATCH_CHARACTERS = 4_000_000

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_TOOBIG = 18

/** Some rows of a trace, and the row after which the next ones come; undefined after the last. */
export interface SqlitePage {
  readonly rows: readonly SqliteRow[]
  readonly after: number | undefined
}

/** What the thread can do. A failed `write` has written nothing. */
export interface SqliteStore {
  /** Stores packed records in one transaction; resolves to the number of those that cannot be kept. */
  write(packed: readonly string[]): Promise<number>
  read(baseId: string, after: number): Promise<SqlitePage>
  list(selection: Selection, failed: boolean): Promise<TraceSummary[]>
  close(): Promise<void>
}

/** Opens the store at a path with a client of `findSqliteClient`, when it is first used and whenever it has gone. */
export function createStore(client: string, path: string): SqliteStore {
  const Database = loadSqliteClient(client)
  let database: SqliteDatabase | undefined
  let writing: Promise<unknown> = Promise.resolve()
  let closing = false

  function use(create: boolean): SqliteDatabase | undefined {
    if (database !== undefined && !database.isInPlace()) release()
    database ??= openDatabase(Database, path, create)
    return database
  }

  function release(): void {
    const stale = database
    database = undefined
    stale?.close()
  }

  /** Tries again while another process holds the lock, deaf only for the moments in which SQLite itself waits. */
  async function attempt<Result>(work: () => Result): Promise<Result> {
    const deadline = Date.now() + LOCK_PATIENCE
    for (;;) {
      try {
        return work()
      } catch (error) {
        const locked = isLocked(error)
        if (!locked) release()
        if (!locked || closing || Date.now() > deadline) throw error
      }
      await delay(LOCK_PAUSE)
    }
  }

  function insertAll(packed: readonly string[]): number {
    const opened = use(true)
    if (opened === undefined) throw new Error('it vanished while it was opened')
    const refused = insert(opened, packed)
    if (opened.isInPlace()) return refused
    // The file was deleted meanwhile, and the batch with it: it goes once more, into the one that takes its place.
    release()
    const renewed = use(true)
    if (renewed === undefined) throw new Error('it vanished while it was opened')
    return insert(renewed, packed)
  }

  return {
    write(packed) {
      const written = writing.then(() => attempt(() => insertAll(packed)))
      writing = written.catch(() => undefined)
      return written
    },
    read: (baseId, after) =>
      attempt(() => {
        const opened = use(false)
        return opened?.hasTable() ? readPage(opened, baseId, after) : { rows: [], after: undefined }
      }),
    list: (selection, failed) =>
      listTraces(
        step =>
          attempt(() => {
            if (closing) throw new Error('it was closed')
            const opened = use(false)
            return opened?.hasTable() ? step(opened.connection) : undefined
          }),
        selection,
        failed,
      ),
    async close() {
      closing = true
      await writing
      release()
    },
  }
}

function insert(database: SqliteDatabase, packed: readonly string[]): number {
  const statement = database.prepareInsert()
  let refused = 0
  // IMMEDIATE: a transaction that begins by reading cannot wait for the lock when it comes to write.
  database.connection.exec('BEGIN IMMEDIATE')
  try {
    for (const text of packed) {
      const row = unpackRow(text)
      if (row === undefined || !insertRow(() => statement.run(...row))) refused++
    }
    database.connection.exec('COMMIT')
    return refused
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** Whether the row was taken. One that is beyond SQLite's limit never will be, and does not spoil the transaction. */
function insertRow(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (primaryCode(error) === SQLITE_TOOBIG) return false
    throw error
  }
}

function rollBack({ connection }: SqliteDatabase): void {
  try {
    connection.exec('ROLLBACK')
  } catch {
    // SQLite has rolled back by itself, as after a full disk.
  }
}

/**
 * A page in the order of arrival, which an index gives in any number of pages without sorting the trace at each, and
 * which misses nothing that arrives between two. No snapshot is held from one to the next.
 */
function readPage({ connection }: SqliteDatabase, baseId: string, after: number): SqlitePage {
  const rows: SqliteRow[] = []
  let characters = 0
  const select = connection.prepare(
    `SELECT id, ${COLUMNS.join(', ')} FROM data WHERE base_id = ? AND id > ? ORDER BY id`,
  )
  for (const found of select.iterate(baseId, after)) {
    const row = COLUMNS.map(column => toText(found[column]))
    rows.push(row)
    characters += row.at(-1)?.length ?? 0
    if (rows.length === BATCH_ROWS || characters > BATCH_CHARACTERS) return { rows, after: Number(found.id) }
  }
  return { rows, after: undefined }
}

function toText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}

function isLocked(error: unknown): boolean {
  const code = primaryCode(error)
  return code === SQLITE_BUSY || code === SQLITE_LOCKED
}

/** SQLite's result code without its extension. */
function primaryCode(error: unknown): number | undefined {
  const code: unknown = isObject(error) ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
