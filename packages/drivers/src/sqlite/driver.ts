import { OsprofilerError } from '@osprofiler/core'
import { showPath } from '../opening/show-path.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { fromRow, isStorable } from '../records/record-row.js'
import { findSqliteClient } from './client.js'
import type { SqlitePage } from './database/store.js'
import { toStoreError, toWriteError } from './failure.js'
import { readSqliteLocation } from './path.js'
import { packRecord } from './row.js'
import { createThread, ThreadDied } from './thread.js'
import { findWorker } from './worker-file.js'

/**
 * Number of records that are sent to the thread in one message. The thread unpacks these records while the driver packs
 * the next records.
 */
const RECORDS_PER_STAGE = 100

/** The smallest possible id of a row. Row ids may be negative. */
const MIN_ID = -(2n ** 63n)

/**
 * Opens the embedded store: an SQLite file with the table of Python's SQLAlchemy driver. Any number of Node.js and
 * Python processes can write and read the file at the same time. SQLite runs in a separate thread. Each batch is a
 * transaction in write-ahead mode. When `write` has resolved, its records survive `kill -9`, but not always a power
 * failure. If another process has locked the file, a call waits up to 5 s, and then rejects without writing anything.
 * If the file was deleted, it is created again. Records with a NUL or a lone surrogate outside of `info` are refused.
 * If the thread dies during a write, the write rejects with `ERR_WRITE_UNCERTAIN`, and the next call starts a new
 * thread. With `?ttl=7d`, writes also remove old traces.
 */
export function openSqliteDriver(location: string, context: OpenContext): StoreDriver {
  const { lifetime } = context
  const { path, ttl } = readSqliteLocation(location)
  const thread = createThread(context.checkOnly ? '' : findWorker(), findSqliteClient(context), path)
  const prune = (before: string) => thread.ask('prune', before)

  return {
    name: 'sqlite',
    location: showPath(path),
    retention: { ttl, prune },
    async write(records) {
      if (records.length === 0) return { refused: 0 }
      try {
        for (let start = 0; start < records.length; start += RECORDS_PER_STAGE) {
          thread.stage(records.slice(start, start + RECORDS_PER_STAGE).map(packRecord))
        }
        return { refused: await thread.ask('write') }
      } catch (error) {
        if (!(error instanceof ThreadDied)) throw toWriteError(path, error)
        const message = `${error.message} It is unknown whether the batch was written.`
        throw new OsprofilerError('ERR_WRITE_UNCERTAIN', message, { cause: error.cause })
      }
    },
    async *read(baseId) {
      for (let after: bigint | undefined = MIN_ID; after !== undefined; ) {
        lifetime.checkOpen()
        const page: SqlitePage = await thread.ask('read', baseId, after)
        if (page.rows.length > 0) yield page.rows.map(fromRow)
        after = page.after
      }
    },
    list: (selection, failedOnly) => thread.ask('list', selection, failedOnly),
    remove: baseId => thread.ask('delete', baseId),
    prune,
    // SQLite's clients would truncate or change ids that do not meet these conditions.
    canStoreId: baseId => !baseId.includes('\0') && isStorable(baseId),
    toError: error => toStoreError(path, error),
    finishWork: thread.close,
    destroy: thread.destroy,
  }
}
