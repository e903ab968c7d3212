import type { LookupFunction } from 'node:net'
import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { dateNow, Math } from '@osprofiler/core/toolkit'
import { endsWithin } from '../lifetime/hold.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { toRecord } from '../records/record-text.js'
import { probeBulk, sendBulk } from './bulk.js'
import { type BulkDocument, createBulkDocuments, MAX_RECORD_BYTES, TOO_LARGE_DOCUMENT } from './bulk-documents.js'
import {
  createSearchClient,
  createWriteRefusedError,
  limitRequests,
  type OpenedTransport,
  toSearchError,
  WRITE_MS,
} from './client.js'
import { deleteTrace, pruneTraces } from './delete-traces.js'
import { SearchFailure } from './failure.js'
import { createIndex, FAILURES_INDEX, findIdFields, RECORDS_INDEX, toIdQuery } from './layout.js'
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
  /**
   * Creates the client without connecting. When `signal` aborts, all connections must end, including connections that
   * are still being opened.
   */
  open(signal: AbortSignal, lookup: LookupFunction): Promise<OpenedTransport>
}

const PAGE_RECORDS = 500
/** The time limit for a write grows by one second for this number of bytes in the batch. */
const BYTES_PER_EXTRA_SECOND = 1_000_000
/** If a refresh of the indices takes longer than this, a search checks whether all shards are available. */
const SLOW_REFRESH_MS = 1_500
/**
 * How often the driver checks whether the indices exist. If an index is deleted between two checks, the server creates
 * a new index at the next write, with a mapping that the server guesses.
 */
const INDEX_CHECK_INTERVAL_MS = 60_000

/**
 * Creates a driver for Elasticsearch or OpenSearch in the layout of Python's driver: one document per record. A batch
 * is one bulk request. A document keeps its id when a batch is tried again, so that no record is written twice after a
 * broken connection. Reads first refresh the indices, so that they find every record that was written.
 */
export function createSearchDriver(product: SearchProduct, context: OpenContext): StoreDriver {
  const { name, title, url, open } = product
  const { location, ttl, nodes, timeoutMs } = url
  const { filterErrorTrace, lifetime } = context
  const client = createSearchClient(signal => open(signal, lifetime.lookup), { name, nodes: nodes.length, timeoutMs })
  const documents = createBulkDocuments(filterErrorTrace)
  let nextIndexCheckAt = 0

  /** Sends a batch. If the server refused or postponed documents, resolves to the reason. */
  async function send(batch: readonly BulkDocument[], totalBytes: number): Promise<SearchFailure | undefined> {
    await client.load()
    lifetime.checkMayConnect()
    // The time limit covers all requests for the batch, and all nodes that are tried.
    const { refusal, failure, reason } = await lifetime.run(
      async signal => {
        signal.addEventListener('abort', client.abort)
        try {
          await createIndices()
          return await sendBulk(client, batch)
        } catch (error) {
          throw signal.aborted ? signal.reason : error
        }
      },
      WRITE_MS + Math.floor(totalBytes / BYTES_PER_EXTRA_SECOND) * 1_000,
    )
    if (failure !== undefined) throw failure
    // The next try omits documents that are known to be written. If another document was already written, the server
    // recognizes its id.
    if (refusal !== undefined) throw createWriteRefusedError(title, location, refusal)
    return reason
  }

  async function createIndices(): Promise<void> {
    if (dateNow() < nextIndexCheckAt) return
    await createIndex(client, RECORDS_INDEX)
    if (filterErrorTrace) await createIndex(client, FAILURES_INDEX)
    nextIndexCheckAt = dateNow() + INDEX_CHECK_INTERVAL_MS
  }

  async function* read(baseId: string): AsyncGenerator<readonly TraceRecord[]> {
    await refresh()
    const idFields = await findIdFields(client, RECORDS_INDEX)
    if (idFields.length === 0) return
    const query = toIdQuery(idFields, [baseId])
    for await (const page of readPages(client, { index: RECORDS_INDEX, size: PAGE_RECORDS, query, order: 'asc' })) {
      yield page.map(toRecord)
    }
  }

  /**
   * Refreshes the indices, so that a search finds the newest records. If the user has no right to refresh, the newest
   * records are found only a second later, after the server's own refresh.
   */
  async function refresh(through = client): Promise<void> {
    const indices = `${RECORDS_INDEX},${FAILURES_INDEX}`
    const refreshed = through.find({
      method: 'POST',
      path: `/${indices}/_refresh`,
      querystring: { ignore_unavailable: true },
    })
    // If a shard is missing, a refresh waits a minute, but a search fails immediately.
    if (!(await endsWithin(SLOW_REFRESH_MS, refreshed))) await searchWhole(through, indices, { size: 0 })
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
    answerMs: timeoutMs * nodes.length,
    retention: {
      ttl,
      prune(before) {
        const limited = limitRequests(client)
        return afterRefresh(() => pruneTraces(limited, before, WRITE_MS), limited)
      },
    },
    async write(records): Promise<WriteResult> {
      const batch = documents.get(records)
      const total = batch.reduce((sum, { bytes }) => sum + bytes, 0)
      const reason = total === 0 ? undefined : await send(batch, total)
      const held = batch.flatMap(({ state }, at) => (state === 'held' ? [at] : []))
      documents.settle(records.filter((_, at) => batch[at]?.state !== 'held'))
      const refused = batch.filter(({ state }) => state === 'refused').length
      return { refused, held: held.length > 0 ? held : undefined, reason: describeReason(batch, reason) }
    },
    check: () => probeBulk(client),
    read,
    list: (selection, failedOnly) => afterRefresh(() => listTraces(client, selection, failedOnly)),
    remove: baseId => afterRefresh(() => deleteTrace(client, baseId)),
    prune: before => afterRefresh(() => pruneTraces(client, before)),
    canStoreId: baseId => baseId.isWellFormed(),
    toError: error => toSearchError(title, location, error),
    disconnect: client.close,
    destroy() {
      client.abort()
      void client.close()
    },
  }
}

function describeReason(batch: readonly BulkDocument[], reason: SearchFailure | undefined): string | undefined {
  if (reason !== undefined) return `It${reason.message.slice(2)}.`
  return batch.includes(TOO_LARGE_DOCUMENT) ? `A record has more than ${MAX_RECORD_BYTES} bytes as JSON.` : undefined
}
