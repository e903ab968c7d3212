import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { WeakMap, WeakSet } from '@osprofiler/core/toolkit'
import type { Collection, Db, ObjectId } from 'mongodb'
import { findClient, loadClient } from '../opening/client-package.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { prepareOnce } from '../records/prepare-once.js'
import { createMongodbConnection } from './connection.js'
import { type DocumentBatch, fromDocument, toDocuments } from './document.js'
import { toMongodbError } from './failure.js'
import { createMongodbIndexes } from './indexes.js'
import { insertDocuments } from './insert.js'
import { listTraces } from './list.js'
import { FAILURES, pruneTraces, RECORDS } from './prune.js'
import { readMongodbUrl } from './url.js'

const PAGE = 500
/** Connections keep a program alive. The server still writes what it was sent, and a retry of the batch finds that. */
const WRITE_MS = 4_000
/** The limits for a page of a trace, and for a whole list. */
const PAGE_MS = 30_000
const LIST_MS = 120_000

/**
 * Keeps records in MongoDB, in the layout of Python's driver: one document per record in `osprofiler.profiler`. If
 * `filterErrorTrace` is set, failed traces are in `profiler_error`. A batch is one unordered insert. Its documents keep
 * their `_id`s in a retry, so no record is written twice. With `?ttl=`, a TTL index lets the server remove them.
 */
export function openMongodbDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme, filterErrorTrace, lifetime } = context
  const url = readMongodbUrl(scheme, location)
  findClient('mongodb', context)
  const connection = createMongodbConnection(url, lifetime.lookup)
  /** Failed batches, and the ids of their records. Some may be stored, so a retry in parts uses the same ids. */
  const failed = new WeakSet<readonly TraceRecord[]>()
  const ids = new WeakMap<TraceRecord, ObjectId>()
  const indexes = createMongodbIndexes(url.location, url.ttl)
  const useBatch = prepareOnce((records, client: typeof import('mongodb')) =>
    toDocuments(records, url.ttl, client, ids),
  )

  async function use<Result>(
    task: (db: Db, client: typeof import('mongodb')) => Promise<Result>,
    end?: AbortSignal,
  ): Promise<Result> {
    try {
      const { db, client, release } = await connection.borrow(end)
      return await task(db, client).finally(release)
    } catch (error) {
      // Failed connections would keep a program alive from one retry to the next.
      await connection.closeUnused()
      throw error
    }
  }

  /** Ends work in time. The client itself waits for a server that hangs, or whose answer trickles. */
  function inTime<Result>(task: (end: AbortSignal) => Promise<Result>, limit: number): Promise<Result> {
    return lifetime.run(async end => {
      end.addEventListener('abort', connection.cut)
      return await task(end).catch((error: unknown) => {
        throw end.aborted ? end.reason : error
      })
    }, limit)
  }

  async function write(records: readonly TraceRecord[], db: Db, batch: DocumentBatch): Promise<WriteResult> {
    indexes.ensure(db)
    const result = await insertDocuments(db.collection(RECORDS), batch, failed.has(records)).catch(error => {
      failed.add(records)
      for (const [at, { _id }] of batch.documents.entries()) keepId(records[batch.places[at] ?? 0], _id)
      throw error
    })
    if (filterErrorTrace) await noteFailures(db.collection(FAILURES), batch)
    return result
  }

  function keepId(record: TraceRecord | undefined, id: ObjectId): void {
    if (record !== undefined) ids.set(record, id)
  }

  return {
    name: 'mongodb',
    location: url.location,
    answerMs: url.selectionMs,
    async write(records) {
      if (records.length === 0) return { refused: 0 }
      // The time for loading the client does not count as the server's.
      await loadClient('mongodb').catch(() => undefined)
      lifetime.checkMayConnect()
      return await inTime(
        end => use((db, client) => useBatch(records, batch => write(records, db, batch), client), end),
        WRITE_MS,
      )
    },
    async *read(baseId, onUnreadable) {
      const { db, release } = await connection.borrow()
      const documents = db.collection(RECORDS).find(
        { base_id: { $eq: baseId } },
        {
          projection: { _id: 0 },
          sort: { timestamp: 1, _id: 1 },
          batchSize: PAGE,
          allowDiskUse: true,
          // Distinguishes doubles from integers, and does not round integers of 64 bits.
          promoteValues: false,
        },
      )
      try {
        while (await inTime(() => documents.hasNext(), PAGE_MS)) {
          const page = documents.readBufferedDocuments()
          const records = page.flatMap(readDocument)
          if (records.length < page.length) onUnreadable(page.length - records.length)
          yield records
        }
      } finally {
        await documents.close().finally(release)
      }
    },
    list: (selection, failed) =>
      use(db => inTime(() => listTraces(db.collection(RECORDS), selection, failed), LIST_MS)),
    remove: baseId => use(db => deleteTrace(db, baseId)),
    prune: before => use(db => pruneTraces(db, before)),
    mayHold: baseId => baseId.isWellFormed(),
    toError: error => toMongodbError(url.location, error, connection.describeUnreachable()),
    leave: connection.close,
    cut: connection.cut,
  }
}

/** One document that cannot be read must not cost the others. */
function readDocument(document: Parameters<typeof fromDocument>[0]): readonly TraceRecord[] {
  try {
    return [fromDocument(document)]
  } catch {
    return []
  }
}

async function noteFailures(collection: Collection, { failures }: DocumentBatch): Promise<void> {
  if (failures.size === 0) return
  const updates = [...failures].map(([base_id, timestamp]) => ({
    updateOne: { filter: { base_id: { $eq: base_id } }, update: { $set: { base_id, timestamp } }, upsert: true },
  }))
  await collection.bulkWrite(updates, { ordered: false })
}

async function deleteTrace(db: Db, baseId: string): Promise<number> {
  await db.collection(FAILURES).deleteMany({ base_id: { $eq: baseId } })
  const { deletedCount } = await db.collection(RECORDS).deleteMany({ base_id: { $eq: baseId } })
  return deletedCount
}
