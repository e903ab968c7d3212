import { OsprofilerError } from '@osprofiler/core'
import { isError, Map, String } from '@osprofiler/core/toolkit'
import { toShownFailure, toShownPath } from '../shown-path.js'
import { ThreadFailed } from './thread.js'

/** What SQLite's result codes mean for the one who runs the program. */
const ADVICE = new Map([
  [5, 'is locked by another process'],
  [6, 'is locked by another process'],
  [8, 'cannot be written; check the permissions of the file and its directory'],
  [10, 'cannot be read or written: the disk reports an error, or is full'],
  [11, 'is damaged; move it away, and a new one is made'],
  [13, 'is on a full disk'],
  [14, 'cannot be opened; check that it is a file and its permissions'],
  [26, 'is not an SQLite database; name another file'],
])

/** What went wrong with the database at a path, as the `ERR_STORE` that a driver rejects with. */
export function toStoreError(path: string, error: unknown): OsprofilerError {
  if (error instanceof OsprofilerError) return error
  const failure = error instanceof ThreadFailed ? error.failure : undefined
  const cause = toShownFailure(path, isError(error) ? error.message : String(error), failure?.code)
  const advice = failure?.result === undefined ? undefined : ADVICE.get(failure.result & 0xff)
  return new OsprofilerError(
    'ERR_STORE',
    `The store "${toShownPath(path)}" ${advice ?? `cannot be used: ${cause.message}`}.`,
    {
      cause,
    },
  )
}
