import { dateNow, emitWarning, JSON, Number, String } from '@osprofiler/core/toolkit'
import type { Db, IndexDescription } from 'mongodb'
import { isObject } from '../records/record-text.js'
import { isTransient } from './failure.js'
import { FAILURES, RECORDS } from './prune.js'

const AGAIN_MS = 60_000

interface Wanted {
  readonly collection: string
  readonly index: IndexDescription
  /** The consequence of a missing index. */
  readonly loss: string
}

/** Creates the indexes of a store in the background, because many documents take their time. */
export interface MongodbIndexes {
  /** Returns at once. Asks again for missing indexes, at most once a minute. */
  ensure(db: Db): void
}

/** Sends one command per index, so a refusal costs no other. A user without the right can write, and is warned once. */
export function createMongodbIndexes(location: string, ttl: number | undefined): MongodbIndexes {
  let missing = listWanted(ttl)
  let nextAt = 0
  let hasWarned = false

  async function create(db: Db): Promise<void> {
    const refused: { readonly wanted: Wanted; readonly reason: string }[] = []
    const left: Wanted[] = []
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
    if (left.length > 0) nextAt = dateNow() + AGAIN_MS
    if (refused.length === 0 || hasWarned) return
    hasWarned = true
    const shown = refused.map(({ wanted, reason }) => `${showIndex(wanted)} (${reason}): ${wanted.loss}`)
    emitWarning(`The store "${location}" in MongoDB makes no index ${shown.join('; no index ')}.`, {
      code: 'OSPROFILER_INDEX_REFUSED',
    })
  }

  return {
    ensure(db) {
      if (dateNow() < nextAt) return
      nextAt = Number.POSITIVE_INFINITY
      void create(db)
    },
  }
}

function listWanted(ttl: number | undefined): readonly Wanted[] {
  const slow = 'without it reading goes through the whole collection'
  const wanted: Wanted[] = [
    { collection: RECORDS, index: { key: { base_id: 1, timestamp: 1, _id: 1 } }, loss: slow },
    { collection: RECORDS, index: { key: { timestamp: -1 } }, loss: slow },
    { collection: FAILURES, index: { key: { base_id: 1 } }, loss: 'without it noting a failed trace takes long' },
  ]
  if (ttl === undefined) return wanted
  const index = { key: { expires_at: 1 }, expireAfterSeconds: 0 }
  return [...wanted, { collection: RECORDS, index, loss: '?ttl= removes nothing; use osprofiler trace prune' }]
}

function showIndex({ collection, index }: Wanted): string {
  return `${JSON.stringify(index.key)} of "${collection}"`
}

/** Returns why the server refuses an index. Undefined if a retry may succeed. */
function readRefusal(error: unknown): string | undefined {
  if (!isObject(error) || error.name !== 'MongoServerError' || isTransient(error.code)) return undefined
  return String(error.codeName ?? error.code ?? 'for a reason of its own')
}
