import type { TraceSummary } from '@osprofiler/core'
import { Number } from '@osprofiler/core/toolkit'
import type { Collection, Document, Filter } from 'mongodb'
import { collectNewest, type TimeRange, type TracePage, toTracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { toSummary } from '../listing/trace-tally.js'
import { toRecord } from '../records/record-text.js'

const PAGE_RECORDS = 1_000

/** Matches the records for which `isErrorRecord` returns true. */
const FAILED_RECORDS_FILTER: Filter<Document> = {
  $or: [{ 'info.etype': { $exists: true, $ne: null } }, { 'info.response.status_code': { $gte: 500 } }],
}

/**
 * Lists the newest traces that match a query, and possibly some older ones. With `failedOnly`, lists only failed
 * traces.
 */
export function listTraces(collection: Collection, selection: Selection, failedOnly: boolean): Promise<TraceSummary[]> {
  // A trace that began at `since` or later has no records before `since`.
  const since = selection.since === '' ? {} : { $gte: selection.since }
  const toTimeFilter = (part: TimeRange) => ('upTo' in part ? { ...since, $lt: part.upTo } : { $gte: part.after })
  const source = {
    pages: (part: TimeRange) =>
      readPages(collection, { timestamp: toTimeFilter(part), ...(failedOnly ? FAILED_RECORDS_FILTER : {}) }),
    summarize: (baseIds: readonly string[]) => summarizeTraces(collection, baseIds),
  }
  return collectNewest(source, selection)
}

async function* readPages(collection: Collection, filter: Filter<Document>): AsyncGenerator<TracePage> {
  const cursor = collection.find(filter, {
    projection: { _id: 0, base_id: 1, timestamp: 1 },
    sort: { timestamp: -1 },
    batchSize: PAGE_RECORDS,
    allowDiskUse: true,
  })
  try {
    while (await cursor.hasNext()) yield toTracePage(cursor.readBufferedDocuments().map(toRecord))
  } finally {
    await cursor.close()
  }
}

async function summarizeTraces(collection: Collection, baseIds: readonly string[]): Promise<TraceSummary[]> {
  const groups = collection.aggregate(
    [
      { $match: { base_id: { $in: baseIds } } },
      { $project: { info: 0, info_json: 0 } },
      { $sort: { base_id: 1, timestamp: 1, _id: 1 } },
      { $group: { _id: '$base_id', first: { $first: '$$ROOT' }, records: { $sum: 1 } } },
    ],
    { allowDiskUse: true, batchSize: PAGE_RECORDS },
  )
  const found = await groups.toArray()
  return found.map(({ first, records }) => toSummary(toRecord(first), Number(records)))
}
