import type { TraceSummary } from '@osprofiler/core'
import { Array, Map, Number } from '@osprofiler/core/toolkit'
import { collectNewest, type TimeRange, type TracePage, toTracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { tallyRecords } from '../listing/trace-tally.js'
import { isObject, toRecord } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { FAILURES_INDEX, findIdFields, type IdField, RECORDS_INDEX } from './layout.js'
import { buildTimeSort, readHits, readPages, searchWhole } from './pages.js'

const PAGE_RECORDS = 1_000
/**
 * Maximum number of first records that are read for a trace. An index that Python's driver created does not sort
 * records within a millisecond, so several records may be the first.
 */
const MAX_FIRST_RECORDS = 10

const SUMMARY_MEMBERS = ['base_id', 'timestamp', 'name', 'project', 'service']

/**
 * Matches the records for which `isErrorRecord` returns true. If `info` is not indexed, the query uses the driver's own
 * member `failed`, or the index of notes about failed traces.
 */
const FAILED_RECORDS_QUERY = {
  bool: {
    should: [
      { term: { failed: true } },
      { exists: { field: 'info.etype' } },
      { range: { 'info.response.status_code': { gte: 500 } } },
      { term: { _index: FAILURES_INDEX } },
    ],
    minimum_should_match: 1,
  },
}

/**
 * Lists the newest traces that match a query, and possibly some older ones. With `failedOnly`, lists only failed
 * traces.
 */
export async function listTraces(
  client: SearchClient,
  selection: Selection,
  failedOnly: boolean,
): Promise<TraceSummary[]> {
  const idFields = await findIdFields(client, RECORDS_INDEX)
  if (idFields.length === 0) return []
  // A trace that began at `since` or later has no records before `since`.
  const recent = selection.since === '' ? [] : [{ range: { timestamp: { gte: selection.since } } }]
  const filter = failedOnly ? [...recent, FAILED_RECORDS_QUERY] : recent
  const toQuery = (part: TimeRange): object =>
    'upTo' in part
      ? { bool: { filter: [...filter, { range: { timestamp: { lt: part.upTo } } }] } }
      : { bool: { filter, must_not: [{ range: { timestamp: { lt: part.after } } }] } }
  async function* pages(part: TimeRange): AsyncGenerator<TracePage> {
    const index = failedOnly ? `${RECORDS_INDEX},${FAILURES_INDEX}` : RECORDS_INDEX
    const search = {
      index,
      size: PAGE_RECORDS,
      query: toQuery(part),
      members: ['base_id', 'timestamp'],
      order: 'desc',
    } as const
    for await (const page of readPages(client, search)) yield toTracePage(page.map(toRecord))
  }
  return await collectNewest({ pages, summarize: baseIds => summarizeTraces(client, idFields, baseIds) }, selection)
}

async function summarizeTraces(
  client: SearchClient,
  idFields: readonly IdField[],
  baseIds: readonly string[],
): Promise<TraceSummary[]> {
  const traces = new Map<string, TraceSummary>()
  for (const idField of idFields) {
    for (const part of await summarizeIn(client, idField, baseIds)) {
      traces.set(part.base_id, joinParts(traces.get(part.base_id), part))
    }
  }
  return [...traces.values()]
}

async function summarizeIn(
  client: SearchClient,
  { index, field }: IdField,
  baseIds: readonly string[],
): Promise<TraceSummary[]> {
  const first = { top_hits: { size: MAX_FIRST_RECORDS, sort: buildTimeSort('asc'), _source: SUMMARY_MEMBERS } }
  const traces = { terms: { field, include: baseIds, size: baseIds.length }, aggs: { first } }
  const answer = await searchWhole(client, index, { size: 0, query: { terms: { [field]: baseIds } }, aggs: { traces } })
  return readBuckets(answer, 'traces').flatMap(bucket => toTrace(bucket) ?? [])
}

/**
 * Joins two summaries of a trace whose records are in several indices. The summary with the earlier timestamp describes
 * the first point.
 */
function joinParts(one: TraceSummary | undefined, other: TraceSummary): TraceSummary {
  if (one === undefined) return other
  return { ...(other.timestamp < one.timestamp ? other : one), records: one.records + other.records }
}

function toTrace({ doc_count: records, first: hits }: Record<string, unknown>): TraceSummary | undefined {
  const { summary } = tallyRecords(readHits(hits).map(toRecord))
  return summary && { ...summary, records: Number(records) }
}

/**
 * Returns the buckets of an aggregation in an answer, or an empty list if the answer does not contain the aggregation.
 */
export function readBuckets(answer: unknown, name: string): Record<string, unknown>[] {
  const aggregations = isObject(answer) && isObject(answer.aggregations) ? answer.aggregations : {}
  const { buckets } = isObject(aggregations[name]) ? aggregations[name] : {}
  return Array.isArray(buckets) ? buckets.filter(isObject) : []
}
