import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { OsprofilerError } from '@osprofiler/core'
import { isError, Map, Set, String } from '@osprofiler/core/toolkit'
import { showPath, showPathFailure } from '../opening/show-path.js'
import { SQLITE_CANTOPEN, SQLITE_READONLY } from './database/result-code.js'
import { ThreadFailed } from './thread.js'

const ADVICE_BY_CODE = new Map([
  [5, 'is locked by another process'],
  [6, 'is locked by another process'],
  [8, 'cannot be written; check the permissions of the file and its directory'],
  [10, 'cannot be read or written: the disk reports an error, or is full'],
  [11, 'is damaged; move it away, and a new one is created'],
  [13, 'is on a full disk'],
  [14, 'cannot be opened; check that it is a file, and check its permissions'],
  [26, 'is not an SQLite database; name another file'],
])

/**
 * Result codes that mean that SQLite refuses a row: it is too large or violates a constraint, or a value has the wrong
 * type.
 */
const REFUSED_CODES = new Set([18, 19, 20])
const READ_ONLY_ADVICE = 'is read-only: this user cannot write to both the file and its directory'

/** Converts a failure of the database to an `ERR_STORE` error. Adds advice for known result codes. */
export function toStoreError(path: string, error: unknown): OsprofilerError {
  if (error instanceof OsprofilerError) return error
  const failure = error instanceof ThreadFailed ? error.failure : undefined
  if (failure?.code === 'ERR_STORE') return new OsprofilerError('ERR_STORE', failure.message)
  const cause = showPathFailure(path, isError(error) ? error.message : String(error), failure?.code)
  const code = failure?.result === undefined ? undefined : failure.result & 0xff
  const isReadOnly = (code === SQLITE_READONLY || code === SQLITE_CANTOPEN) && isReadOnlyForUser(path)
  const advice = isReadOnly ? READ_ONLY_ADVICE : ADVICE_BY_CODE.get(code ?? 0)
  return new OsprofilerError(
    'ERR_STORE',
    `The store "${showPath(path)}" ${advice ?? `cannot be used: ${cause.message}`}.`,
    { cause },
  )
}

/**
 * Converts a failed write to an error. The error is `ERR_WRITE_REFUSED` if a row is the reason. The notifier then
 * writes the batch in parts.
 */
export function toWriteError(path: string, error: unknown): OsprofilerError {
  const result = error instanceof ThreadFailed ? error.failure.result : undefined
  if (result === undefined || !REFUSED_CODES.has(result & 0xff)) return toStoreError(path, error)
  return new OsprofilerError(
    'ERR_WRITE_REFUSED',
    `The store "${showPath(path)}" refuses a record: SQLite answers code ${result}. See the unique indexes and constraints of its table "data".`,
  )
}

/** Returns whether the process may read the file but not change its content. */
function isReadOnlyForUser(path: string): boolean {
  return (
    isAllowed(path, constants.R_OK) && !(isAllowed(path, constants.W_OK) && isAllowed(dirname(path), constants.W_OK))
  )
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
