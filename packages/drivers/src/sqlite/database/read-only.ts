import { accessSync, constants, copyFileSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { dateNow, Error } from '@osprofiler/core/platform'
import { checkFiles, openDatabase, type SqliteDatabase, toDatabase } from './database.js'
import { SQLITE_CANTOPEN, SQLITE_PROTOCOL, SQLITE_READONLY, toPrimaryCode } from './result-code.js'

/**
 * Result codes of a read for which SQLite would have to write. If SQLite cannot use the log, it reports a failed lock
 * (`SQLITE_PROTOCOL`).
 */
const WRITE_NEEDED_CODES: readonly (number | undefined)[] = [SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PROTOCOL]
/** Suffixes of the log files next to a database file. A reader also needs the content of these files. */
const LOG_SUFFIXES = ['-wal', '-journal']
/** Maximum size of a database that is copied. */
const MAX_COPY_BYTES = 2 ** 30
/** Maximum age of a copy. Until then, a copy is used even if the original has changed. */
const MAX_COPY_AGE_MS = 5_000
const MAX_COPY_TRIES = 3

/**
 * Opens a database for reading, even if the process has no write permission. SQLite itself needs write permission to
 * read, because it writes an index of the log.
 */
export function openReader(Database: typeof DatabaseSync, path: string): SqliteDatabase | undefined {
  try {
    return openDatabase(Database, path, false)
  } catch (error) {
    const database = WRITE_NEEDED_CODES.includes(toPrimaryCode(error))
      ? openReadOnly(Database, realpathSync(path))
      : undefined
    if (database === undefined) throw error
    return database
  }
}

/**
 * Opens a database without write permission. Returns undefined if the database no longer exists. Throws if the process
 * may not read the files of the database.
 */
function openReadOnly(Database: typeof DatabaseSync, path: string): SqliteDatabase | undefined {
  checkFiles(path)
  const state = readFileState(path)
  if (state === undefined) return undefined
  for (const suffix of ['', ...LOG_SUFFIXES]) checkReadable(`${path}${suffix}`)
  if (LOG_SUFFIXES.some(log => readFileSize(`${path}${log}`) > 0)) return openCopy(Database, path)
  // With `immutable`, SQLite takes no lock and does not notice changes to the file. Therefore the caller checks for
  // changes after each operation.
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1')
  const connection = new Database(url.href, { readOnly: true })
  return toDatabase(connection, { isReadOnly: true, isInPlace: () => readFileState(path) === state })
}

function checkReadable(path: string): void {
  try {
    if (readFileSize(path) > 0) accessSync(path, constants.R_OK)
  } catch {
    throw new Error(`this user may not read the file "${basename(path)}"`)
  }
}

/**
 * Copies a database to a directory that only the user of this process can access, and opens the copy. In the copy,
 * SQLite adds the content of the log to the database file.
 */
function openCopy(Database: typeof DatabaseSync, path: string): SqliteDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-read-'))
  try {
    const state = copyFiles(path, directory)
    const connection = new Database(join(directory, 'traces.db'))
    connection.exec('PRAGMA query_only = ON')
    const until = dateNow() + MAX_COPY_AGE_MS
    return toDatabase(connection, {
      isReadOnly: true,
      isInPlace: () => dateNow() < until || readFileState(path) === state,
    })
  } finally {
    // On POSIX, open files remain readable after they were removed. On Windows, open files cannot be removed, and
    // remain until the system cleans up its temporary files.
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Copies the files of a database, and returns their state. If a write changes the files during the copying, starts
 * again, because the copy would be a mixture of two states.
 */
function copyFiles(path: string, directory: string): string | undefined {
  if (readFileSize(path) > MAX_COPY_BYTES)
    throw new Error('it is too large to be copied, and its log can only be read in a copy')
  for (let tries = 1; ; tries++) {
    const state = readFileState(path)
    for (const suffix of ['', ...LOG_SUFFIXES]) {
      const target = join(directory, `traces.db${suffix}`)
      if (readFileSize(`${path}${suffix}`) > 0) copyFileSync(`${path}${suffix}`, target, constants.COPYFILE_FICLONE)
      else rmSync(target, { force: true })
    }
    if (readFileState(path) === state) return state
    if (tries === MAX_COPY_TRIES)
      throw new Error('it changes while it is copied, and its log can only be read in a copy')
  }
}

/** Returns the state of a database's files, or undefined if there is no database. */
function readFileState(path: string): string | undefined {
  const states = ['', ...LOG_SUFFIXES].map(suffix => {
    const stats = statSync(`${path}${suffix}`, { bigint: true, throwIfNoEntry: false })
    return stats === undefined ? '' : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`
  })
  return states[0] === '' ? undefined : states.join()
}

function readFileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
