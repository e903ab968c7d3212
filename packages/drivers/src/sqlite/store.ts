import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { TraceSummary } from '@osprofiler/core'
import { dateNow, Error, Number, Promise, String } from '@osprofiler/core/platform'
import type { ExitGuard } from '../exit-guard.js'
import { makeDirectory } from '../make-directory.js'
import { COLUMNS, type RecordRow } from '../record-row.js'
import { isObject } from '../record-text.js'
import type { Selection } from '../trace-query.js'
import { INSERT_GROUP, openDatabase, type SqliteDatabase } from './database.js'
import { loadSqliteClient } from './load-client.js'
import { deleteTraces, pruneTraces } from './prune.js'

const LOCK_PATIENCE = 5_000
const CLOSING_PATIENCE = 1_000
const LOCK_PAUSE = 10
const BATCH_ROWS = 500
const BATCH_CHARACTERS = 4_000_000

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

type Rows = readonly (readonly string[])[]

/** Some rows of a trace, and the row after which the next ones come; undefined after the last. */
export interface SqlitePage {
  readonly rows: readonly RecordRow[]
  readonly after: number | undefined
}

/** What the thread can do. A failed `write` has written nothing. */
export interface SqliteStore {
  /** Stores rows in one transaction. */
  write(rows: Rows): Promise<void>
  read(baseId: string, after: number): Promise<SqlitePage>
  list(selection: Selection, failed: boolean): Promise<TraceSummary[]>
  /** How many records were removed. */
  delete(baseId: string): Promise<number>
  /** How many traces were removed, those without a record from that timestamp on. */
  prune(before: string): Promise<number>
  close(): Promise<void>
}

/** Opens the store at a path with a client of `findSqliteClient`, when it is first used and whenever it has gone. */
export function createStore(client: string, path: string, guard: ExitGuard): SqliteStore {
  let Database: typeof DatabaseSync | undefined
  let database: SqliteDatabase | undefined
  let writing: Promise<unknown> = Promise.resolve()
  let closing = false

  function use(create: boolean): SqliteDatabase | undefined {
    if (database !== undefined && !database.isInPlace()) release()
    Database ??= loadSqliteClient(client)
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
    const begun = dateNow()
    for (;;) {
      try {
        return await guard.run(work)
      } catch (error) {
        const locked = isLocked(error)
        if (!locked) await guard.run(release)
        const patience = closing ? CLOSING_PATIENCE : LOCK_PATIENCE
        if (!locked || dateNow() - begun > patience) throw error
      }
      await delay(LOCK_PAUSE)
    }
  }

  function insertAll(rows: Rows): void {
    // Where the file was deleted meanwhile, the batch is gone with it and goes once more, into the one in its place.
    for (let file = 1; file <= 2; file++) {
      const opened = use(true)
      if (opened === undefined) break
      insert(opened, rows)
      if (opened.isInPlace()) return
    }
    throw new Error('its file vanishes while it is written, or is a link to none')
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

  /** Works on the table, where it is there and the store is not being closed. */
  function step<Result>(work: (connection: DatabaseSync) => Result): Promise<Result | undefined> {
    return attempt(() => {
      if (closing) throw new Error('it was closed')
      const opened = use(false)
      return opened?.hasTable() ? work(opened.connection) : undefined
    })
  }

  return {
    write(rows) {
      const written = writing.then(() => write(rows))
      writing = written.catch(() => undefined)
      return written
    },
    read: (baseId, after) =>
      attempt(() => {
        const opened = use(false)
        return opened?.hasTable() ? readPage(opened, baseId, after) : { rows: [], after: undefined }
      }),
    async list(selection, failed) {
      // Loaded when it is needed: it brings core along, for which who reads one trace need not wait.
      const { listTraces } = await import('./list.js')
      return await listTraces(step, selection, failed)
    },
    async delete(baseId) {
      return (await step(connection => deleteTraces(connection, [baseId]))) ?? 0
    },
    prune: before => pruneTraces(step, before),
    async close() {
      closing = true
      await writing
      await guard.run(release)
    },
  }
}

function insert(database: SqliteDatabase, rows: Rows): void {
  const { one, many } = database.prepareInserts()
  const grouped = rows.length - (rows.length % INSERT_GROUP)
  // IMMEDIATE: a transaction that begins by reading cannot wait for the lock when it comes to write.
  database.connection.exec('BEGIN IMMEDIATE')
  try {
    // Nobody changes the table from here on.
    database.hasTable()
    for (let start = 0; start < grouped; start += INSERT_GROUP)
      many.run(...rows.slice(start, start + INSERT_GROUP).flat())
    for (const row of rows.slice(grouped)) one.run(...row)
    database.connection.exec('COMMIT')
  } catch (error) {
    rollBack(database)
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
  const rows: RecordRow[] = []
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
