import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { Promise, WeakSet } from '@osprofiler/core/toolkit'
import { showPath } from '../opening/show-path.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { isStorable } from '../records/record-row.js'
import { toBatch } from './batch.js'
import { createSqlConnection } from './connection.js'
import { isFailure, SqlFailure } from './failure.js'
import { listTraces } from './list.js'
import { withHoldersInErrors } from './lock-holders.js'
import { pruneTraces, type Removal, removeTraces } from './prune.js'
import { readRecords, type UseTable } from './read.js'
import type { CreateSocket } from './session.js'
import type { SqlStore } from './store.js'
import { CommitLost, writeBatch } from './write.js'

/** The parts of an SQL driver that depend on the database. */
export interface SqlDatabase {
  readonly name: string
  /** The address of the database, for messages. */
  readonly location: string
  /** Time limit for connecting, over all hosts and connect modes, in milliseconds. */
  readonly connectMs: number
  /** How long to keep traces, in milliseconds. */
  readonly ttl: number | undefined
  /** Whether strings may contain NUL. */
  readonly keepsNul: boolean
  /** Connects to the database. Rejects with an `SqlFailure`. */
  open(createSocket: CreateSocket): Promise<SqlStore>
}

/**
 * Creates a driver for the table of Python's SQLAlchemy driver. Reads use a separate connection, so that they do not
 * delay writes.
 */
export function createSqlDriver(database: SqlDatabase, { lifetime }: OpenContext): StoreDriver {
  const { name, keepsNul, ttl } = database
  const location = showPath(database.location)
  const writing = createSqlConnection(database.open, lifetime)
  const reading = createSqlConnection(database.open, lifetime)
  const both = [writing, reading]
  /** Batches that were already tried. If such a batch is passed again, its last write failed. */
  const writtenBefore = new WeakSet<readonly TraceRecord[]>()

  const use: UseTable = async (work, fallback) => {
    lifetime.checkOpen()
    return await reading.use(store => withHoldersInErrors(store, () => useTable(store, work, fallback)))
  }

  async function prune(before: string): Promise<number> {
    return checkUnlocked(await pruneTraces(use, before), 'trace')
  }

  /**
   * Throws if locked rows remain after all other rows were removed. Otherwise, returns the number of removed records or
   * traces.
   */
  function checkUnlocked({ amount, locked, lockedBy }: Removal, noun: string): number {
    if (lockedBy === undefined) return amount
    const left = `${locked.size} trace${locked.size === 1 ? ' has' : 's have'} records`
    throw new OsprofilerError(
      'ERR_STORE_LOCKED',
      `Removed ${amount} ${noun}${amount === 1 ? '' : 's'} from the store "${location}". ${left} locked by ${lockedBy}. Remove the rest when the lock is gone.`,
    )
  }

  return {
    name,
    location,
    answerMs: database.connectMs,
    retention: { ttl, prune },
    async write(records) {
      if (records.length === 0) return { refused: 0 }
      const batch = toBatch(records, keepsNul)
      const hasFailedBefore = writtenBefore.has(records)
      writtenBefore.add(records)
      return await writing.use(async store => {
        const rows = await batch
        return await withHoldersInErrors(store, () => writeBatch(store, rows, hasFailedBefore))
      })
    },
    read: baseId => readRecords(use, baseId),
    list: (selection, failedOnly) => listTraces(use, selection, failedOnly),
    remove: async baseId => checkUnlocked(await removeTraces(use, [baseId]), 'record'),
    prune,
    canStoreId: baseId => isStorable(baseId) && (keepsNul || !baseId.includes('\0')),
    toError: error => toStoreError(location, error),
    finishWork: () => Promise.all(both.map(connection => connection.waitUntilIdle())),
    disconnect: () => Promise.all(both.map(connection => connection.disconnect())),
    destroy() {
      for (const connection of both) connection.destroy()
    },
  }
}

async function useTable<Result>(
  store: SqlStore,
  work: (store: SqlStore) => Promise<Result>,
  fallback: Result,
): Promise<Result> {
  if (!(await store.hasTable())) return fallback
  try {
    return await store.attempt(() => work(store))
  } catch (error) {
    // The table does not exist, or no longer exists. The next write may create the table.
    if (!isFailure(error, 'missing')) throw error
    store.forgetTable()
    return fallback
  }
}

function toStoreError(location: string, error: unknown): unknown {
  if (error instanceof CommitLost) {
    return new OsprofilerError(
      'ERR_WRITE_UNCERTAIN',
      `The connection to "${location}" broke during the commit of a batch. It is unknown whether the batch was written.`,
      { cause: error.cause },
    )
  }
  if (!(error instanceof SqlFailure)) return error
  const reason = error.advice ?? `cannot be used: ${error.message}`
  return new OsprofilerError('ERR_STORE', `The store "${location}" ${reason}.`, { cause: error })
}
