import type { LookupFunction } from 'node:net'
import type { Driver, TraceQuery, TraceRecord, TraceSummary } from '@osprofiler/core'
import { dateNow } from '@osprofiler/core/toolkit'
import { createBoundWork } from '../bound-work.js'
import { createPreparedBatches } from '../prepared-batch.js'
import { toRecord } from '../record-text.js'
import { createRetention } from '../retention.js'
import { createLife } from '../store-life.js'
import { readBefore, readQuery } from '../trace-query.js'
import { type BulkBatch, sendBulk, toBulkBatch } from './bulk.js'
import {
  createSearchClient,
  inHurry,
  type OpenedTransport,
  SearchFailure,
  toSearchError,
  WRITE_TIMEOUT,
} from './client.js'
import { createIndex, FAILURES, findExactField, RECORDS } from './layout.js'
import { listTraces } from './list.js'
import { readPages } from './pages.js'
import { deleteTrace, pruneTraces } from './removal.js'

/** What Elasticsearch and OpenSearch differ in. */
export interface SearchProduct {
  /** The scheme, without `+https`. */
  readonly name: string
  /** As people write it. */
  readonly title: string
  /** Where it is, for people. */
  readonly location: string
  /** See `readTtl`. */
  readonly ttl: number | undefined
  readonly filterErrorTrace: boolean
  /** How long an answer may take in all, whichever node gives it, in milliseconds. */
  readonly patience: number
  /** Loads the client and makes it. Connects to nothing yet. Its connections end with the signal, also while they are made. */
  open(end: AbortSignal, lookup: LookupFunction): Promise<OpenedTransport>
}

const PAGE = 500
/** A large batch may take longer. */
const CHARACTERS_PER_MS = 1_000
/** An index that is deleted while we write comes back with a mapping that it makes up: we look for it so often. */
const LOOK_AGAIN = 60_000

/**
 * Elasticsearch and OpenSearch, in the layout of Python's driver: a document a record.
 *
 * A batch is one bulk request. Its documents have ids of our own, which a batch that is tried again keeps: nothing is
 * written twice, whenever a connection breaks. A reader has the index refreshed first, so that it finds what was written.
 */
export function createSearchDriver(product: SearchProduct): Driver {
  const { name, title, location, ttl, filterErrorTrace, patience, open } = product
  const life = createLife()
  const client = createSearchClient(end => open(end, life.lookup), patience)
  const batches = createPreparedBatches<BulkBatch>()
  const work = createBoundWork()
  const retention = createRetention(ttl, async before => {
    const hurried = inHurry(client)
    await refresh(hurried)
    await pruneTraces(hurried, readBefore(before), WRITE_TIMEOUT)
  })
  let lookAt = 0

  async function write(records: readonly TraceRecord[]): Promise<number> {
    const { documents, refused } = batches.of(records, () => toBulkBatch(records, filterErrorTrace))
    if (documents.length === 0) return refused
    const characters = documents.reduce((sum, { lines }) => sum + lines.length, 0)
    await client.load()
    life.checkUncut()
    // Over all of its requests and all nodes that are tried.
    const unwanted = await work.run(
      async end => {
        end.addEventListener('abort', client.abort)
        await createIndices()
        return await sendBulk(client, documents)
      },
      WRITE_TIMEOUT + characters / CHARACTERS_PER_MS,
    )
    batches.settle(records)
    retention.afterWrite()
    return refused + unwanted
  }

  async function createIndices(): Promise<void> {
    if (dateNow() < lookAt) return
    await createIndex(client, RECORDS)
    if (filterErrorTrace) await createIndex(client, FAILURES)
    lookAt = dateNow() + LOOK_AGAIN
  }

  async function* read(baseId: string): AsyncGenerator<readonly TraceRecord[]> {
    life.checkOpen()
    if (!baseId.isWellFormed()) return
    await refresh()
    const field = await findExactField(client, RECORDS)
    if (field === undefined) return
    const query = { term: { [field]: { value: baseId } } }
    for await (const page of readPages(client, { index: RECORDS, size: PAGE, query, order: 'asc' })) {
      yield page.map(toRecord)
    }
  }

  async function list(query: TraceQuery | undefined, failed: boolean): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    return await use(() => listTraces(client, selection, failed))
  }

  async function use<Result>(work: () => Promise<Result>): Promise<Result> {
    life.checkOpen()
    try {
      await refresh()
      return await work()
    } catch (error) {
      throw toSearchError(title, location, error)
    }
  }

  /** Who may not ask for it sees what the server has come to by itself, a second later. */
  async function refresh(through = client): Promise<void> {
    try {
      await through.find({
        method: 'POST',
        path: `/${RECORDS},${FAILURES}/_refresh`,
        querystring: { ignore_unavailable: true },
      })
    } catch (error) {
      if (!(error instanceof SearchFailure && error.status === 403)) throw error
    }
  }

  return {
    name,
    location,
    async write(records) {
      life.checkOpen()
      try {
        return { refused: await life.follow(write(records)) }
      } catch (error) {
        throw toSearchError(title, location, error)
      }
    },
    async *readRecords(baseId) {
      try {
        yield* read(baseId)
      } catch (error) {
        throw toSearchError(title, location, error)
      }
    },
    listTraces: query => list(query, false),
    listErrorTraces: query => list(query, true),
    deleteTrace: baseId => use(async () => (baseId.isWellFormed() ? await deleteTrace(client, baseId) : 0)),
    async pruneTraces(before) {
      const oldest = readBefore(before)
      return await use(() => pruneTraces(client, oldest))
    },
    close: timeout =>
      life.close(timeout, {
        settle: retention.settled,
        leave: client.close,
        cut() {
          client.abort()
          void client.close()
        },
      }),
  }
}
