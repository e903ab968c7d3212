import type { TraceSummary } from '@osprofiler/core'
import { Array, Map, Number } from '@osprofiler/core/toolkit'
import { collectNewest, type TimePart, type TracePage, toTracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { tallyOf } from '../listing/trace-tally.js'
import { isObject, toRecord } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { FAILURES, findIdPlaces, type IdPlace, RECORDS } from './layout.js'
import { byTime, readHits, readPages, searchWhole } from './pages.js'

const PAGE = 1_000
/** In a Python index, records of the same millisecond have no order. Therefore several first records are read. */
const FIRST_CANDIDATES = 10

const SUMMARY = ['base_id', 'timestamp', 'name', 'project', 'service']

/** Does what `isErrorRecord` does. Where `info` is not indexed, our own mark or a note of Python's driver tells. */
const FAILED = {
  bool: {
    should: [
      { term: { failed: true } },
      { exists: { field: 'info.etype' } },
      { range: { 'info.response.status_code': { gte: 500 } } },
      { term: { _index: FAILURES } },
    ],
    minimum_should_match: 1,
  },
}

/** Lists at least the newest traces that a query asks for. With `failed`, only traces in which something failed. */
export async function listTraces(client: SearchClient, selection: Selection, failed: boolean): Promise<TraceSummary[]> {
  const places = await findIdPlaces(client, RECORDS)
  if (places.length === 0) return []
  // A trace that began at `since` or later has no older record.
  const recent = selection.since === '' ? [] : [{ range: { timestamp: { gte: selection.since } } }]
  const filter = failed ? [...recent, FAILED] : recent
  const toQuery = (part: TimePart): object =>
    'upTo' in part
      ? { bool: { filter: [...filter, { range: { timestamp: { lt: part.upTo } } }] } }
      : { bool: { filter, must_not: [{ range: { timestamp: { lt: part.after } } }] } }
  async function* pages(part: TimePart): AsyncGenerator<TracePage> {
    const index = failed ? `${RECORDS},${FAILURES}` : RECORDS
    const search = {
      index,
      size: PAGE,
      query: toQuery(part),
      members: ['base_id', 'timestamp'],
      order: 'desc',
    } as const
    for await (const page of readPages(client, search)) yield toTracePage(page.map(toRecord))
  }
  return await collectNewest({ pages, summarise: baseIds => summarise(client, places, baseIds) }, selection)
}

async function summarise(
  client: SearchClient,
  places: readonly IdPlace[],
  baseIds: readonly string[],
): Promise<TraceSummary[]> {
  const traces = new Map<string, TraceSummary>()
  for (const place of places) {
    for (const part of await summariseIn(client, place, baseIds)) {
      traces.set(part.base_id, join(traces.get(part.base_id), part))
    }
  }
  return [...traces.values()]
}

async function summariseIn(
  client: SearchClient,
  { index, field }: IdPlace,
  baseIds: readonly string[],
): Promise<TraceSummary[]> {
  const first = { top_hits: { size: FIRST_CANDIDATES, sort: byTime('asc'), _source: SUMMARY } }
  const traces = { terms: { field, include: baseIds, size: baseIds.length }, aggs: { first } }
  const answer = await searchWhole(client, index, { size: 0, query: { terms: { [field]: baseIds } }, aggs: { traces } })
  return readBuckets(answer, 'traces').flatMap(bucket => toTrace(bucket) ?? [])
}

/** Joins the parts of a trace in indices of both kinds. The older part has the first point. */
function join(one: TraceSummary | undefined, other: TraceSummary): TraceSummary {
  if (one === undefined) return other
  return { ...(other.timestamp < one.timestamp ? other : one), records: one.records + other.records }
}

function toTrace({ doc_count: records, first: hits }: Record<string, unknown>): TraceSummary | undefined {
  const { summary } = tallyOf(readHits(hits).map(toRecord))
  return summary && { ...summary, records: Number(records) }
}

/** Returns the buckets of the aggregation with this name, or an empty list if the answer lacks it. */
export function readBuckets(answer: unknown, name: string): Record<string, unknown>[] {
  const aggregations = isObject(answer) && isObject(answer.aggregations) ? answer.aggregations : {}
  const { buckets } = isObject(aggregations[name]) ? aggregations[name] : {}
  return Array.isArray(buckets) ? buckets.filter(isObject) : []
}
