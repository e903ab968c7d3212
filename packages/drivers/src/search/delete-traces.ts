import { Number, Set } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'
import { isObject } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { checkWhole } from './failure.js'
import { FAILURES_INDEX, findIdFields, type IdField, RECORDS_INDEX, toIdQuery } from './layout.js'
import { readBuckets } from './list.js'
import { searchWhole } from './pages.js'

const PAGE_TRACES = 1_000
/**
 * Time limit for a removal. The server answers only after it has removed all records. If the client stops waiting, the
 * server continues to remove records.
 */
const MAX_REMOVAL_MS = 600_000

/** Removes a trace, and the notes about its failure. Resolves to the number of removed records. */
export async function deleteTrace(client: SearchClient, baseId: string): Promise<number> {
  const removed = await removeFrom(client, RECORDS_INDEX, idFields => toIdQuery(idFields, [baseId]))
  await removeFrom(client, FAILURES_INDEX, idFields => toIdQuery(idFields, [baseId]))
  return removed
}

/** Removes the traces whose records are all older than `before`, and resolves to their number. */
export async function pruneTraces(client: SearchClient, before: string, timeoutMs = MAX_REMOVAL_MS): Promise<number> {
  const idFields = await findIdFields(client, RECORDS_INDEX)
  // Records dated later than tomorrow are not in this range, so they do not prevent the removal of their trace.
  const young = { range: { timestamp: { gte: before, lt: getLatestPlausibleTimestamp() } } }
  const pruned = new Set<string>()
  for (const idField of idFields) {
    let after: unknown
    do {
      const page = await readOldTraces(client, idField, young, after)
      after = page.after
      const kept = await findYoungTraces(client, idFields, page.baseIds, young)
      const stale = page.baseIds.filter(baseId => !kept.has(baseId))
      for (const baseId of stale) pruned.add(baseId)
      if (stale.length > 0) await removeOld(client, stale, young, timeoutMs)
    } while (after !== undefined)
  }
  return pruned.size
}

/**
 * Returns a page of traces, sorted by id. Each of these traces has a record outside of the `young` range of timestamps.
 */
async function readOldTraces(
  client: SearchClient,
  { index, field }: IdField,
  young: object,
  after: unknown,
): Promise<{ readonly baseIds: string[]; readonly after: unknown }> {
  const composite = {
    size: PAGE_TRACES,
    sources: [{ base_id: { terms: { field } } }],
    ...(after === undefined ? {} : { after }),
  }
  const query = { bool: { filter: [{ exists: { field: 'timestamp' } }], must_not: [young] } }
  const answer = await searchWhole(client, index, { size: 0, query, aggs: { traces: { composite } } })
  const keys = readBuckets(answer, 'traces').map(({ key }) => key)
  return {
    baseIds: keys.flatMap(key => (isObject(key) && typeof key.base_id === 'string' ? [key.base_id] : [])),
    after: keys.length === PAGE_TRACES ? keys.at(-1) : undefined,
  }
}

/** Returns those of the given traces that have a record within the `young` range, in any of the indices. */
async function findYoungTraces(
  client: SearchClient,
  idFields: readonly IdField[],
  baseIds: readonly string[],
  young: object,
): Promise<Set<unknown>> {
  const found = new Set<unknown>()
  if (baseIds.length === 0) return found
  for (const { index, field } of idFields) {
    const query = { bool: { filter: [{ terms: { [field]: baseIds } }, young] } }
    const traces = { terms: { field, include: baseIds, size: baseIds.length } }
    const answer = await searchWhole(client, index, { size: 0, query, aggs: { traces } })
    for (const { key } of readBuckets(answer, 'traces')) found.add(key)
  }
  return found
}

async function removeOld(
  client: SearchClient,
  baseIds: readonly string[],
  young: object,
  timeoutMs: number,
): Promise<void> {
  // Only records outside of the `young` range are removed. Records that arrived after the search are within this range,
  // and are kept.
  const toQuery = (idFields: readonly IdField[]) => ({
    bool: { filter: [toIdQuery(idFields, baseIds)], must_not: [young] },
  })
  await removeFrom(client, RECORDS_INDEX, toQuery, timeoutMs)
  await removeFrom(client, FAILURES_INDEX, toQuery, timeoutMs)
}

async function removeFrom(
  client: SearchClient,
  index: string,
  toQuery: (idFields: readonly IdField[]) => object,
  timeoutMs = MAX_REMOVAL_MS,
): Promise<number> {
  const idFields = await findIdFields(client, index)
  if (idFields.length === 0) return 0
  const query = toQuery(idFields)
  // This search rejects if a shard is missing. Without this check, a server might remove the records in the other
  // shards without reporting that a shard is missing.
  await searchWhole(client, index, { size: 0, query })
  const answer = await client.find(
    {
      method: 'POST',
      path: `/${index}/_delete_by_query`,
      querystring: { conflicts: 'proceed', refresh: true },
      body: { query },
    },
    { requestTimeout: timeoutMs },
  )
  checkWhole(answer ?? {})
  return Number(answer?.deleted ?? 0)
}
