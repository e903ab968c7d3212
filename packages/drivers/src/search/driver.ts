import type { LookupFunction } from 'node:net'
import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { dateNow, Math } from '@osprofiler/core/toolkit'
import { isDoneWithin } from '../lifetime/hold.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { toRecord } from '../records/record-text.js'
import { askBulk, sendBulk } from './bulk.js'
import { type BulkDocument, createBulkDocuments, MAX_RECORD_BYTES, TOO_LARGE } from './bulk-documents.js'
import { createSearchClient, inHurry, type OpenedTransport, toSearchError, WRITE_MS, writeRefused } from './client.js'
import { deleteTrace, pruneTraces } from './delete-traces.js'
import { SearchFailure } from './failure.js'
import { createIndex, FAILURES, findIdPlaces, RECORDS, toIdQuery } from './layout.js'
import { listTraces } from './list.js'
import { readPages, searchWhole } from './pages.js'
import type { SearchServerName } from './server-check.js'
import type { SearchUrl } from './url.js'

/** The differences between Elasticsearch and OpenSearch. */
export interface SearchProduct {
  /** Scheme without `+https`. */
  readonly name: SearchServerName
  readonly title: string
  readonly url: SearchUrl
  /** Creates the client without connecting. Connections must end with the signal, even while they are opening. */
  open(end: AbortSignal, lookup: LookupFunction): Promise<OpenedTransport>
}

const PAGE = 500
/** The limit for a batch grows by a second for this many bytes. */
const BYTES_PER_S = 1_000_000
/** After this time, a search checks whether all shards are there. */
const SLOW_REFRESH_MS = 1_500
/** Interval of checks for the indices. An index that is deleted meanwhile comes back with a guessed mapping. */
const LOOK_AGAIN_MS = 60_000

/**
 * Creates a driver for Elasticsearch or OpenSearch in the layout of Python's driver: one document per record. A batch
 * is one bulk request. The ids of its documents stay the same in each try, so a broken connection writes nothing twice.
 * Readers first refresh the index, so that they find what was written.
 */
export function createSearchDriver(product: SearchProduct, context: OpenContext): StoreDriver {
  const { name, title, url, open } = product
  const { location, ttl, nodes, timeout } = url
  const { filterErrorTrace, lifetime } = context
  const client = createSearchClient(end => open(end, lifetime.lookup), { name, nodes: nodes.length, timeout })
  const documents = createBulkDocuments(filterErrorTrace)
  let lookAt = 0

  /** Resolves to the server's reason for documents that it refused or put off. */
  async function send(batch: readonly BulkDocument[], total: number): Promise<SearchFailure | undefined> {
    await client.load()
    lifetime.checkMayConnect()
    // The limit is for all requests of the batch and all nodes that are tried.
    const { refusal, failure, reason } = await lifetime.run(
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
    // The next try omits documents that are known as written. The server recognizes others by their ids.
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
    await refresh()
    const places = await findIdPlaces(client, RECORDS)
    if (places.length === 0) return
    const query = toIdQuery(places, [baseId])
    for await (const page of readPages(client, { index: RECORDS, size: PAGE, query, order: 'asc' })) {
      yield page.map(toRecord)
    }
  }

  /** Refreshes the indices. Without this right, a user sees records a second later, as the server refreshes itself. */
  async function refresh(through = client): Promise<void> {
    const indices = `${RECORDS},${FAILURES}`
    const refreshed = through.find({
      method: 'POST',
      path: `/${indices}/_refresh`,
      querystring: { ignore_unavailable: true },
    })
    // A server waits a minute for a missing shard. A search fails at once.
    if (!(await isDoneWithin(SLOW_REFRESH_MS, refreshed))) await searchWhole(through, indices, { size: 0 })
    try {
      await refreshed
    } catch (error) {
      if (!(error instanceof SearchFailure && error.status === 403)) throw error
    }
  }

  async function afterRefresh<Result>(work: () => Promise<Result>, through = client): Promise<Result> {
    await refresh(through)
    return await work()
  }

  return {
    name,
    location,
    answerMs: timeout * nodes.length,
    retention: {
      ttl,
      prune(before) {
        const hurried = inHurry(client)
        return afterRefresh(() => pruneTraces(hurried, before, WRITE_MS), hurried)
      },
    },
    async write(records): Promise<WriteResult> {
      const batch = documents.of(records)
      const total = batch.reduce((sum, { bytes }) => sum + bytes, 0)
      const reason = total === 0 ? undefined : await send(batch, total)
      const held = batch.flatMap(({ state }, at) => (state === 'held' ? [at] : []))
      documents.settle(records.filter((_, at) => batch[at]?.state !== 'held'))
      const refused = batch.filter(({ state }) => state === 'refused').length
      return { refused, held: held.length > 0 ? held : undefined, reason: explain(batch, reason) }
    },
    check: () => askBulk(client),
    read,
    list: (selection, failed) => afterRefresh(() => listTraces(client, selection, failed)),
    remove: baseId => afterRefresh(() => deleteTrace(client, baseId)),
    prune: before => afterRefresh(() => pruneTraces(client, before)),
    mayHold: baseId => baseId.isWellFormed(),
    toError: error => toSearchError(title, location, error),
    leave: client.close,
    cut() {
      client.abort()
      void client.close()
    },
  }
}

function explain(batch: readonly BulkDocument[], reason: SearchFailure | undefined): string | undefined {
  if (reason !== undefined) return `It${reason.message.slice(2)}.`
  return batch.includes(TOO_LARGE) ? `A record has more than ${MAX_RECORD_BYTES} bytes as JSON.` : undefined
}
