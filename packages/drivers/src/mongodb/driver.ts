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
import { FAILURES_COLLECTION, pruneTraces, RECORDS_COLLECTION } from './prune.js'
import { readMongodbUrl } from './url.js'

const PAGE_DOCUMENTS = 500
/**
 * Time limit for a write. It is short, because connections keep the process alive. After this time, the server may
 * still store the records that it has received. A retry of the batch does not store these records again.
 */
const WRITE_MS = 4_000
/** The time limits for a page of a trace, and for a whole list. */
const PAGE_MS = 30_000
const LIST_MS = 120_000

/**
 * Keeps records in MongoDB, in the layout of Python's driver: one document per record in `osprofiler.profiler`. If
 * `filterErrorTrace` is set, the driver also notes failed traces in `profiler_error`. A batch is written as one
 * unordered insert. Documents keep their `_id`s in a retry, so that no record is stored twice. With `?ttl=`, the server
 * removes old documents, using a TTL index.
 */
export function openMongodbDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme, filterErrorTrace, lifetime } = context
  const url = readMongodbUrl(scheme, location)
  findClient('mongodb', context)
  const connection = createMongodbConnection(url, lifetime.lookup)
  /**
   * The batches whose write failed, and the ids of their records. Some of these records may be stored already.
   * Therefore every retry must use the same ids, even if it contains only a part of the batch.
   */
  const failedBatches = new WeakSet<readonly TraceRecord[]>()
  const ids = new WeakMap<TraceRecord, ObjectId>()
  const indexes = createMongodbIndexes(url.location, url.ttl)
  const writePrepared = prepareOnce((records, client: typeof import('mongodb')) =>
    toDocuments(records, url.ttl, client, ids),
  )

  async function withDatabase<Result>(
    task: (db: Db, client: typeof import('mongodb')) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    try {
      const { db, client, release } = await connection.borrow(signal)
      return await task(db, client).finally(release)
    } catch (error) {
      // If failed connections were not closed, they would keep the process alive from one retry to the next.
      await connection.closeIfUnused()
      throw error
    }
  }

  /**
   * Runs work within a time limit. Without this limit, the client would wait for a server that hangs or that sends its
   * answer very slowly.
   */
  function runWithin<Result>(task: (signal: AbortSignal) => Promise<Result>, limit: number): Promise<Result> {
    return lifetime.run(async signal => {
      signal.addEventListener('abort', connection.destroy)
      return await task(signal).catch((error: unknown) => {
        throw signal.aborted ? signal.reason : error
      })
    }, limit)
  }

  async function write(records: readonly TraceRecord[], db: Db, batch: DocumentBatch): Promise<WriteResult> {
    indexes.ensure(db)
    const result = await insertDocuments(db.collection(RECORDS_COLLECTION), batch, failedBatches.has(records)).catch(
      error => {
        failedBatches.add(records)
        for (const [at, { _id }] of batch.documents.entries()) keepId(records[batch.positions[at] ?? 0], _id)
        throw error
      },
    )
    if (filterErrorTrace) await noteFailures(db.collection(FAILURES_COLLECTION), batch)
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
      // The client is loaded before the time limit starts, so that loading does not count toward the limit.
      await loadClient('mongodb').catch(() => undefined)
      lifetime.checkMayConnect()
      return await runWithin(
        signal =>
          withDatabase((db, client) => writePrepared(records, batch => write(records, db, batch), client), signal),
        WRITE_MS,
      )
    },
    async *read(baseId, onUnreadable) {
      const { db, release } = await connection.borrow()
      const documents = db.collection(RECORDS_COLLECTION).find(
        { base_id: { $eq: baseId } },
        {
          projection: { _id: 0 },
          sort: { timestamp: 1, _id: 1 },
          batchSize: PAGE_DOCUMENTS,
          allowDiskUse: true,
          // With `promoteValues: false`, the client distinguishes doubles from integers, and does not round 64-bit
          // integers.
          promoteValues: false,
        },
      )
      try {
        while (await runWithin(() => documents.hasNext(), PAGE_MS)) {
          const page = documents.readBufferedDocuments()
          const records = page.flatMap(tryFromDocument)
          if (records.length < page.length) onUnreadable(page.length - records.length)
          yield records
        }
      } finally {
        await documents.close().finally(release)
      }
    },
    list: (selection, failedOnly) =>
      withDatabase(db =>
        runWithin(() => listTraces(db.collection(RECORDS_COLLECTION), selection, failedOnly), LIST_MS),
      ),
    remove: baseId => withDatabase(db => deleteTrace(db, baseId)),
    prune: before => withDatabase(db => pruneTraces(db, before)),
    canStoreId: baseId => baseId.isWellFormed(),
    toError: error => toMongodbError(url.location, error, connection.describeUnreachable()),
    disconnect: connection.close,
    destroy: connection.destroy,
  }
}

/**
 * Converts a document to a record. Returns no record if the document cannot be read, so that the other documents are
 * still read.
 */
function tryFromDocument(document: Parameters<typeof fromDocument>[0]): readonly TraceRecord[] {
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
  await db.collection(FAILURES_COLLECTION).deleteMany({ base_id: { $eq: baseId } })
  const { deletedCount } = await db.collection(RECORDS_COLLECTION).deleteMany({ base_id: { $eq: baseId } })
  return deletedCount
}
