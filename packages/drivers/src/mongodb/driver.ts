import type { Driver, TraceQuery, TraceRecord, TraceSummary, WriteResult } from '@osprofiler/core'
import { WeakMap, WeakSet } from '@osprofiler/core/toolkit'
import type { Collection, Db, ObjectId } from 'mongodb'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { readBefore, readQuery } from '../listing/trace-query.js'
import { findClient, loadClient } from '../opening/client-package.js'
import type { OpenContext } from '../opening/open-context.js'
import { createPreparedBatches } from '../records/prepared-batch.js'
import { createMongodbConnection } from './connection.js'
import { type DocumentBatch, fromDocument, toDocuments } from './document.js'
import { toMongodbError } from './failure.js'
import { createMongodbIndexes } from './indexes.js'
import { insertDocuments } from './insert.js'
import { listTraces } from './list.js'
import { FAILURES, pruneTraces, RECORDS } from './prune.js'
import { readMongodbUrl } from './url.js'

const PAGE = 500
/**
 * How long a write may take, in milliseconds: the client's connections keep a program alive that has ended its work. What
 * the server was sent is written all the same, and found there when the batch is tried again.
 */
const WRITE_MS = 4_000
/** How long a page of a trace may take, and a whole list, in milliseconds. */
const PAGE_MS = 30_000
const LIST_MS = 120_000

/**
 * MongoDB, in the layout of Python's driver: a document a record in `osprofiler.profiler`, and the failed traces in
 * `profiler_error` where `filterErrorTrace` says so.
 *
 * A batch is one unordered insert. Its documents have `_id`s of our own, which a batch that is tried again keeps:
 * nothing is written twice, whenever a connection breaks. With `?ttl=` documents carry the date on which a TTL index
 * lets the server remove them.
 */
export function openMongodbDriver(location: string, context: OpenContext): Driver {
  const { scheme, filterErrorTrace } = context
  const url = readMongodbUrl(scheme, location)
  findClient('mongodb', context)
  const lifetime = createLifetime()
  const connection = createMongodbConnection(url, lifetime.lookup)
  const batches = createPreparedBatches<DocumentBatch>()
  const work = createAbortableWork()
  /** The batches that failed, and the ids of their records, which may be there: parts of a batch are written with them. */
  const failed = new WeakSet<readonly TraceRecord[]>()
  const ids = new WeakMap<TraceRecord, ObjectId>()
  const indexes = createMongodbIndexes(url.location, url.ttl)

  async function use<Result>(
    task: (db: Db, client: typeof import('mongodb')) => Promise<Result>,
    end?: AbortSignal,
  ): Promise<Result> {
    // A write, which has an end, was let in before the client was loaded.
    if (end === undefined) lifetime.checkOpen()
    try {
      const { db, client, release } = await connection.borrow(end)
      return await task(db, client).finally(release)
    } catch (error) {
      // Connections that failed would keep a program alive while it waits to try again, and again.
      await connection.closeUnused()
      throw toMongodbError(url.location, error, connection.describeUnreachable())
    }
  }

  /** The client itself waits for a server that hangs, and for one whose answer trickles. */
  function inTime<Result>(task: () => Promise<Result>, limit: number): Promise<Result> {
    return work.run(async end => {
      end.addEventListener('abort', connection.cut)
      return await task().catch((error: unknown) => {
        throw end.aborted ? end.reason : error
      })
    }, limit)
  }

  async function writeInTime(records: readonly TraceRecord[]): Promise<WriteResult> {
    // The time for loading the client is not the server's.
    await loadClient('mongodb').catch(() => undefined)
    lifetime.checkMayConnect()
    return await work.run(async end => {
      end.addEventListener('abort', connection.cut)
      try {
        return await write(records, end)
      } catch (error) {
        throw end.aborted ? toMongodbError(url.location, end.reason, connection.describeUnreachable()) : error
      }
    }, WRITE_MS)
  }

  async function write(records: readonly TraceRecord[], end: AbortSignal): Promise<WriteResult> {
    if (records.length === 0) return { refused: 0 }
    return await use(async (db, client) => {
      indexes.ensure(db)
      const batch = batches.of(records, () => toDocuments(records, url.ttl, client, ids))
      const result = await insertDocuments(db.collection(RECORDS), batch, failed.has(records)).catch(error => {
        failed.add(records)
        for (const [at, { _id }] of batch.documents.entries()) keepId(records[batch.places[at] ?? 0], _id)
        throw error
      })
      if (filterErrorTrace) await noteFailures(db.collection(FAILURES), batch)
      batches.settle(records)
      return result
    }, end)
  }

  function keepId(record: TraceRecord | undefined, id: ObjectId): void {
    if (record !== undefined) ids.set(record, id)
  }

  async function list(query: TraceQuery | undefined, failed: boolean): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    return await use(async db => [
      ...(await inTime(() => listTraces(db.collection(RECORDS), selection, failed), LIST_MS)),
    ])
  }

  async function* read(
    baseId: string,
    onUnreadable: (records: number) => void = () => undefined,
  ): AsyncGenerator<readonly TraceRecord[]> {
    lifetime.checkOpen()
    if (!baseId.isWellFormed()) return
    const { db, release } = await connection.borrow()
    const documents = db.collection(RECORDS).find(
      { base_id: { $eq: baseId } },
      {
        projection: { _id: 0 },
        sort: { timestamp: 1, _id: 1 },
        batchSize: PAGE,
        allowDiskUse: true,
        // A double is told from an integer, and an integer of 64 bits is not rounded.
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
  }

  return {
    name: 'mongodb',
    location: url.location,
    async write(records) {
      lifetime.checkOpen()
      return await lifetime.trackWrite(writeInTime(records))
    },
    async *readRecords(baseId, onUnreadable) {
      try {
        yield* read(baseId, onUnreadable)
      } catch (error) {
        throw toMongodbError(url.location, error, connection.describeUnreachable())
      }
    },
    listTraces: query => list(query, false),
    listErrorTraces: query => list(query, true),
    deleteTrace: baseId => use(db => deleteTrace(db, baseId)),
    async pruneTraces(before) {
      const oldest = readBefore(before)
      return await use(db => pruneTraces(db, oldest))
    },
    close: timeout =>
      lifetime.close(timeout, {
        leave: connection.close,
        cut() {
          work.abort()
          connection.cut()
        },
      }),
  }
}

/** A document that cannot be read costs no other. */
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
  if (!baseId.isWellFormed()) return 0
  await db.collection(FAILURES).deleteMany({ base_id: { $eq: baseId } })
  const { deletedCount } = await db.collection(RECORDS).deleteMany({ base_id: { $eq: baseId } })
  return deletedCount
}
