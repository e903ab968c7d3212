import { dateNow, emitWarning, JSON, Number, String } from '@osprofiler/core/toolkit'
import type { Db, IndexDescription } from 'mongodb'
import { isObject } from '../records/record-text.js'
import { isTransient } from './failure.js'
import { FAILURES_COLLECTION, RECORDS_COLLECTION } from './prune.js'

const RETRY_PAUSE_MS = 60_000

interface WantedIndex {
  readonly collection: string
  readonly index: IndexDescription
  /** The consequence of the missing index, for a warning. */
  readonly loss: string
}

/**
 * Creates a store's indexes in the background, because creating an index takes a long time if there are many documents.
 */
export interface MongodbIndexes {
  /** Requests indexes that are still missing, at most once a minute. Returns immediately. */
  ensure(db: Db): void
}

/**
 * Creates each index with its own command, so that a refused index does not prevent the other indexes. A user without
 * the right to create indexes can still write, and gets one warning.
 */
export function createMongodbIndexes(location: string, ttl: number | undefined): MongodbIndexes {
  let missing = listWantedIndexes(ttl)
  let nextAt = 0
  let hasWarned = false

  async function createMissing(db: Db): Promise<void> {
    const refused: { readonly wanted: WantedIndex; readonly reason: string }[] = []
    const left: WantedIndex[] = []
    for (const wanted of missing) {
      try {
        await db.collection(wanted.collection).createIndexes([wanted.index])
      } catch (error) {
        left.push(wanted)
        const reason = readRefusal(error)
        if (reason !== undefined) refused.push({ wanted, reason })
      }
    }
    missing = left
    if (left.length > 0) nextAt = dateNow() + RETRY_PAUSE_MS
    if (refused.length === 0 || hasWarned) return
    hasWarned = true
    const shown = refused.map(({ wanted, reason }) => `${showIndex(wanted)} (${reason}): ${wanted.loss}`)
    emitWarning(`The store "${location}" in MongoDB has no index ${shown.join('; no index ')}.`, {
      code: 'OSPROFILER_INDEX_REFUSED',
    })
  }

  return {
    ensure(db) {
      if (dateNow() < nextAt) return
      nextAt = Number.POSITIVE_INFINITY
      void createMissing(db)
    },
  }
}

function listWantedIndexes(ttl: number | undefined): readonly WantedIndex[] {
  const slow = 'without it, reads scan the whole collection'
  const wanted: WantedIndex[] = [
    { collection: RECORDS_COLLECTION, index: { key: { base_id: 1, timestamp: 1, _id: 1 } }, loss: slow },
    { collection: RECORDS_COLLECTION, index: { key: { timestamp: -1 } }, loss: slow },
    {
      collection: FAILURES_COLLECTION,
      index: { key: { base_id: 1 } },
      loss: 'without it, noting a failed trace is slow',
    },
  ]
  if (ttl === undefined) return wanted
  const index = { key: { expires_at: 1 }, expireAfterSeconds: 0 }
  return [
    ...wanted,
    { collection: RECORDS_COLLECTION, index, loss: '?ttl= removes nothing; use osprofiler trace prune' },
  ]
}

function showIndex({ collection, index }: WantedIndex): string {
  return `${JSON.stringify(index.key)} of "${collection}"`
}

/** Returns the reason why the server refuses an index, or undefined if a retry may succeed. */
function readRefusal(error: unknown): string | undefined {
  if (!isObject(error) || error.name !== 'MongoServerError' || isTransient(error.code)) return undefined
  return String(error.codeName ?? error.code ?? 'for an unknown reason')
}
