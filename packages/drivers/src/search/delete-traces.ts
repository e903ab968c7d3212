import { Number, Set } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from '../listing/latest-believed-time.js'
import { isObject } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { checkWhole } from './failure.js'
import { FAILURES, findIdPlaces, type IdPlace, RECORDS, toIdQuery } from './layout.js'
import { readBuckets } from './list.js'
import { searchWhole } from './pages.js'

const PAGE = 1_000
/** The server answers after it has removed everything. It continues even if the client has given up. */
const REMOVAL_MS = 600_000

/** Removes a trace and the notes on its failure. Resolves to the number of its records. */
export async function deleteTrace(client: SearchClient, baseId: string): Promise<number> {
  const removed = await removeFrom(client, RECORDS, places => toIdQuery(places, [baseId]))
  await removeFrom(client, FAILURES, places => toIdQuery(places, [baseId]))
  return removed
}

/** Removes the traces without a record since `before`, and resolves to their number. `patience` is in milliseconds. */
export async function pruneTraces(client: SearchClient, before: string, patience = REMOVAL_MS): Promise<number> {
  const places = await findIdPlaces(client, RECORDS)
  // A record from beyond tomorrow keeps no trace.
  const young = { range: { timestamp: { gte: before, lt: latestBelievedTime() } } }
  const pruned = new Set<string>()
  for (const place of places) {
    let after: unknown
    do {
      const page = await readOldTraces(client, place, young, after)
      after = page.after
      const kept = await findYoung(client, places, page.baseIds, young)
      const stale = page.baseIds.filter(baseId => !kept.has(baseId))
      for (const baseId of stale) pruned.add(baseId)
      if (stale.length > 0) await removeOld(client, stale, young, patience)
    } while (after !== undefined)
  }
  return pruned.size
}

/** Returns a page of the traces that have an old record, in the order of ids. */
async function readOldTraces(
  client: SearchClient,
  { index, field }: IdPlace,
  young: object,
  after: unknown,
): Promise<{ readonly baseIds: string[]; readonly after: unknown }> {
  const composite = {
    size: PAGE,
    sources: [{ base_id: { terms: { field } } }],
    ...(after === undefined ? {} : { after }),
  }
  const query = { bool: { filter: [{ exists: { field: 'timestamp' } }], must_not: [young] } }
  const answer = await searchWhole(client, index, { size: 0, query, aggs: { traces: { composite } } })
  const keys = readBuckets(answer, 'traces').map(({ key }) => key)
  return {
    baseIds: keys.flatMap(key => (isObject(key) && typeof key.base_id === 'string' ? [key.base_id] : [])),
    after: keys.length === PAGE ? keys.at(-1) : undefined,
  }
}

/** Returns the traces that have a young record in any index. */
async function findYoung(
  client: SearchClient,
  places: readonly IdPlace[],
  baseIds: readonly string[],
  young: object,
): Promise<Set<unknown>> {
  const found = new Set<unknown>()
  if (baseIds.length === 0) return found
  for (const { index, field } of places) {
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
  patience: number,
): Promise<void> {
  // Records that came meanwhile are young, and stay.
  const toQuery = (places: readonly IdPlace[]) => ({
    bool: { filter: [toIdQuery(places, baseIds)], must_not: [young] },
  })
  await removeFrom(client, RECORDS, toQuery, patience)
  await removeFrom(client, FAILURES, toQuery, patience)
}

async function removeFrom(
  client: SearchClient,
  index: string,
  toQuery: (places: readonly IdPlace[]) => object,
  patience = REMOVAL_MS,
): Promise<number> {
  const places = await findIdPlaces(client, index)
  if (places.length === 0) return 0
  const query = toQuery(places)
  // Rejects if a shard is missing. A server may remove what it finds in other shards without reporting this.
  await searchWhole(client, index, { size: 0, query })
  const answer = await client.find(
    {
      method: 'POST',
      path: `/${index}/_delete_by_query`,
      querystring: { conflicts: 'proceed', refresh: true },
      body: { query },
    },
    { requestTimeout: patience },
  )
  checkWhole(answer ?? {})
  return Number(answer?.deleted ?? 0)
}
