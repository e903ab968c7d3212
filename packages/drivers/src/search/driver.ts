import type { LookupFunction } from 'node:net'
import type { Driver, TraceQuery, TraceRecord, TraceSummary, WriteResult } from '@osprofiler/core'
import { dateNow, Math } from '@osprofiler/core/toolkit'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { isDoneWithin } from '../lifetime/is-done-within.js'
import { createRetention } from '../lifetime/retention.js'
import { readBefore, readQuery } from '../listing/trace-query.js'
import { toRecord } from '../records/record-text.js'
import { askBulk, sendBulk } from './bulk.js'
import { type BulkDocument, createBulkDocuments, MAX_RECORD_BYTES, TOO_LARGE } from './bulk-documents.js'
import { createSearchClient, inHurry, type OpenedTransport, toSearchError, WRITE_MS, writeRefused } from './client.js'
import { SearchFailure } from './failure.js'
import { createIndex, FAILURES, findIdPlaces, RECORDS, toIdQuery } from './layout.js'
import { listTraces } from './list.js'
import { readPages, searchWhole } from './pages.js'
import { deleteTrace, pruneTraces } from './removal.js'
import type { SearchServerName } from './server-check.js'

/** What Elasticsearch and OpenSearch differ in. */
export interface SearchProduct {
  /** The scheme, without `+https`. */
  readonly name: SearchServerName
  /** As people write it. */
  readonly title: string
  /** Where it is, for people. */
  readonly location: string
  /** See `readTtl`. */
  readonly ttl: number | undefined
  readonly filterErrorTrace: boolean
  /** How many hosts there are. */
  readonly nodes: number
  /** How long a host may take for an answer, in milliseconds. */
  readonly timeout: number
  /** Loads the client and makes it. Connects to nothing yet. Its connections end with the signal, also while they are made. */
  open(end: AbortSignal, lookup: LookupFunction): Promise<OpenedTransport>
}

const PAGE = 500
/** A large batch may take longer. */
const BYTES_PER_S = 1_000_000
/** After so long it is looked whether all shards are there, in milliseconds. */
const SLOW_REFRESH_MS = 1_500
/** An index that is deleted while we write comes back with a mapping that it makes up: we look for it so often. */
const LOOK_AGAIN_MS = 60_000

/**
 * Elasticsearch and OpenSearch, in the layout of Python's driver: a document a record.
 *
 * A batch is one bulk request. Its documents have ids of our own, which a batch that is tried again keeps: nothing is
 * written twice, whenever a connection breaks. A reader has the index refreshed first, so that it finds what was written.
 */
export function createSearchDriver(product: SearchProduct): Driver {
  const { name, title, location, ttl, filterErrorTrace, open } = product
  const lifetime = createLifetime()
  const client = createSearchClient(end => open(end, lifetime.lookup), product)
  const documents = createBulkDocuments(filterErrorTrace)
  const work = createAbortableWork()
  const retention = createRetention(ttl, async before => {
    const hurried = inHurry(client)
    await refresh(hurried)
    await pruneTraces(hurried, readBefore(before), WRITE_MS)
  })
  let lookAt = 0

  async function write(records: readonly TraceRecord[]): Promise<WriteResult> {
    const batch = documents.of(records)
    const total = batch.reduce((sum, { bytes }) => sum + bytes, 0)
    const reason = total === 0 ? undefined : await send(batch, total)
    const held = batch.flatMap(({ state }, at) => (state === 'held' ? [at] : []))
    documents.settle(records.filter((_, at) => batch[at]?.state !== 'held'))
    retention.afterWrite()
    const refused = batch.filter(({ state }) => state === 'refused').length
    return { refused, held: held.length > 0 ? held : undefined, reason: explain(batch, reason) }
  }

  /** Resolves to what the server said of documents that it refused or put off. */
  async function send(batch: readonly BulkDocument[], total: number): Promise<SearchFailure | undefined> {
    await client.load()
    lifetime.checkMayConnect()
    // Over all of its requests and all nodes that are tried.
    const { refusal, failure, reason } = await work.run(
      async end => {
        end.addEventListener('abort', client.abort)
        try {
          await createIndices()
          return await sendBulk(client, batch)
        } catch (error) {
          throw end.aborted ? end.reason : error
        }
      },
      WRITE_MS + Math.floor(total / BYTES_PER_S) * 1_000,
    )
    if (failure !== undefined) throw failure
    // What was written already is not sent again, and an id tells what is.
    if (refusal !== undefined) throw writeRefused(title, location, refusal)
    return reason
  }

  async function createIndices(): Promise<void> {
    if (dateNow() < lookAt) return
    await createIndex(client, RECORDS)
    if (filterErrorTrace) await createIndex(client, FAILURES)
    lookAt = dateNow() + LOOK_AGAIN_MS
  }

  async function* read(baseId: string): AsyncGenerator<readonly TraceRecord[]> {
    lifetime.checkOpen()
    if (!baseId.isWellFormed()) return
    await refresh()
    const places = await findIdPlaces(client, RECORDS)
    if (places.length === 0) return
    const query = toIdQuery(places, [baseId])
    for await (const page of readPages(client, { index: RECORDS, size: PAGE, query, order: 'asc' })) {
      yield page.map(toRecord)
    }
  }

  async function list(query: TraceQuery | undefined, failed: boolean): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    return await use(() => listTraces(client, selection, failed))
  }

  async function use<Result>(work: () => Promise<Result>): Promise<Result> {
    lifetime.checkOpen()
    try {
      await refresh()
      return await work()
    } catch (error) {
      throw toSearchError(title, location, error)
    }
  }

  /** Who may not ask for it sees what the server has come to by itself, a second later. */
  async function refresh(through = client): Promise<void> {
    const indices = `${RECORDS},${FAILURES}`
    const refreshed = through.find({
      method: 'POST',
      path: `/${indices}/_refresh`,
      querystring: { ignore_unavailable: true },
    })
    // A server waits a minute for a shard that is missing. A search tells at once.
    if (!(await isDoneWithin(SLOW_REFRESH_MS, refreshed))) await searchWhole(through, indices, { size: 0 })
    try {
      await refreshed
    } catch (error) {
      if (!(error instanceof SearchFailure && error.status === 403)) throw error
    }
  }

  return {
    name,
    location,
    async write(records) {
      lifetime.checkOpen()
      try {
        return await lifetime.trackWrite(write(records))
      } catch (error) {
        throw toSearchError(title, location, error)
      }
    },
    async check() {
      lifetime.checkOpen()
      await lifetime.trackWrite(askBulk(client))
      return true
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
      lifetime.close(timeout, {
        settle: retention.settled,
        leave: client.close,
        cut() {
          client.abort()
          void client.close()
        },
      }),
  }
}

/** Why documents were refused or put off, as a sentence. */
function explain(batch: readonly BulkDocument[], reason: SearchFailure | undefined): string | undefined {
  if (reason !== undefined) return `It${reason.message.slice(2)}.`
  return batch.includes(TOO_LARGE) ? `A record has more than ${MAX_RECORD_BYTES} bytes as JSON.` : undefined
}
