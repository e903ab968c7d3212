import { Number, Set } from '@osprofiler/core/toolkit'
import { latestTime } from '../latest-time.js'
import { isObject } from '../record-text.js'
import type { SearchClient } from './client.js'
import { FAILURES, findExactField, RECORDS } from './layout.js'
import { readBuckets } from './list.js'

const PAGE = 1_000
/** The server answers when it has removed everything, and goes on also where nobody waits for that. */
const PATIENCE = 600_000

/** Removes a trace and resolves to how many records that were. */
export async function deleteTrace(client: SearchClient, baseId: string): Promise<number> {
  const removed = await removeFrom(client, RECORDS, field => ({ term: { [field]: { value: baseId } } }))
  await removeFrom(client, FAILURES, field => ({ term: { [field]: { value: baseId } } }))
  return removed
}

/** Removes the traces without a record as young as `before`, a record's timestamp; resolves to how many these were. */
export async function pruneTraces(client: SearchClient, before: string, patience = PATIENCE): Promise<number> {
  const field = await findExactField(client, RECORDS)
  if (field === undefined) return 0
  // A record from beyond tomorrow keeps no trace.
  const young = { range: { timestamp: { gte: before, lt: latestTime() } } }
  let pruned = 0
  let after: unknown
  do {
    const page = await readOldTraces(client, field, young, after)
    after = page.after
    const kept = await findYoung(client, field, page.baseIds, young)
    const stale = page.baseIds.filter(baseId => !kept.has(baseId))
    pruned += stale.length
    if (stale.length > 0) await removeOld(client, stale, young, patience)
  } while (after !== undefined)
  return pruned
}

/** Traces that have an old record, in the order of their ids, from one on. */
async function readOldTraces(
  client: SearchClient,
  field: string,
  young: object,
  after: unknown,
): Promise<{ readonly baseIds: string[]; readonly after: unknown }> {
  const composite = {
    size: PAGE,
    sources: [{ base_id: { terms: { field } } }],
    ...(after === undefined ? {} : { after }),
  }
  const body = {
    size: 0,
    query: { bool: { filter: [{ exists: { field: 'timestamp' } }], must_not: [young] } },
    aggs: { traces: { composite } },
  }
  const answer = await client.request({ method: 'POST', path: `/${RECORDS}/_search`, body })
  const keys = readBuckets(answer, 'traces').map(({ key }) => key)
  return {
    baseIds: keys.flatMap(key => (isObject(key) && typeof key.base_id === 'string' ? [key.base_id] : [])),
    after: keys.length === PAGE ? keys.at(-1) : undefined,
  }
}

/** Those of the traces that go on. */
async function findYoung(
  client: SearchClient,
  field: string,
  baseIds: readonly string[],
  young: object,
): Promise<Set<unknown>> {
  if (baseIds.length === 0) return new Set()
  const query = { bool: { filter: [{ terms: { [field]: baseIds } }, young] } }
  const traces = { terms: { field, include: baseIds, size: baseIds.length } }
  const body = { size: 0, query, aggs: { traces } }
  const answer = await client.request({ method: 'POST', path: `/${RECORDS}/_search`, body })
  return new Set(readBuckets(answer, 'traces').map(({ key }) => key))
}

async function removeOld(
  client: SearchClient,
  baseIds: readonly string[],
  young: object,
  patience: number,
): Promise<void> {
  // What came in meanwhile is young, and stays.
  const toQuery = (field: string) => ({
    bool: { filter: [{ terms: { [field]: baseIds } }], must_not: [young] },
  })
  await removeFrom(client, RECORDS, toQuery, patience)
  await removeFrom(client, FAILURES, toQuery, patience)
}

async function removeFrom(
  client: SearchClient,
  index: string,
  toQuery: (field: string) => object,
  patience = PATIENCE,
): Promise<number> {
  const field = await findExactField(client, index)
  if (field === undefined) return 0
  const answer = await client.find(
    {
      method: 'POST',
      path: `/${index}/_delete_by_query`,
      querystring: { conflicts: 'proceed', refresh: true },
      body: { query: toQuery(field) },
    },
    { requestTimeout: patience },
  )
  return Number(answer?.deleted ?? 0)
}
