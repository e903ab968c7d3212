import { isErrorRecord, type TraceSummary } from '@osprofiler/core'
import { Math, Set } from '@osprofiler/core/toolkit'
import { collectNewest, type TimeRange, type TracePage, toTracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { toPointName } from '../listing/trace-tally.js'
import { fromRow } from '../records/record-row.js'
import { toPages, type UseTable } from './read.js'
import type { Position, WalkedRecord } from './store.js'

const FIRST_STEP_RECORDS = 1_000
const MAX_STEP_RECORDS = 16_000
const MAX_SUMMARIZED_TRACES = 1_000

/**
 * Lists the newest traces that match a query. The cost depends only on the number of records that are as new as these
 * traces or newer.
 */
export async function listTraces(use: UseTable, selection: Selection, failedOnly: boolean): Promise<TraceSummary[]> {
  return await collectNewest(
    {
      pages: part => walkBack(use, selection, failedOnly, part),
      async summarize(baseIds) {
        const summaries: TraceSummary[] = []
        for (let start = 0; start < baseIds.length; start += MAX_SUMMARIZED_TRACES) {
          const some = baseIds.slice(start, start + MAX_SUMMARIZED_TRACES)
          summaries.push(...(await use(store => store.summarize(some), [])))
        }
        return summaries
      },
    },
    selection,
  )
}

/**
 * Yields pages of records, from the newest to the oldest. A page contains only records that may be the first record of
 * a matching trace. With `failedOnly`, a page contains only records of failed traces.
 */
async function* walkBack(
  use: UseTable,
  selection: Selection,
  failedOnly: boolean,
  part: TimeRange,
): AsyncIterable<TracePage> {
  const end = 'after' in part ? part.after : selection.since
  // The id is 0 and not the largest number, because ids in Python's tables have 32 bits. A larger number in the query
  // would cause an error.
  let from: Position | undefined = 'upTo' in part ? { timestamp: part.upTo, id: 0 } : undefined
  let limit = FIRST_STEP_RECORDS
  for (;;) {
    const step = { from, direction: 'older', limit, withSuspects: failedOnly } as const
    const walked: readonly WalkedRecord[] = await use(store => store.walk(step), [])
    const page = failedOnly ? await findFailed(use, walked) : walked.filter(record => mayBeFirst(record, selection))
    if (page.length > 0) yield toTracePage(page)
    from = walked.at(-1)
    if (from === undefined || walked.length < limit || from.timestamp < end) return
    limit = Math.min(2 * limit, MAX_STEP_RECORDS)
  }
}

function mayBeFirst(record: WalkedRecord, { name, service }: Selection): boolean {
  return (
    (name === undefined || toPointName(record.name) === name) && (service === undefined || record.service === service)
  )
}

/**
 * Returns those of the given records that belong to failed traces. Reads the `data` only of records that may contain an
 * error.
 */
async function findFailed(use: UseTable, walked: readonly WalkedRecord[]): Promise<readonly WalkedRecord[]> {
  const suspects = walked.flatMap(({ id, suspectBytes: bytes }) => (bytes === undefined ? [] : { id, bytes }))
  const failed = new Set<string>()
  for (const page of toPages(suspects)) {
    const records = (await use(store => store.readRows(page), [])).map(fromRow)
    for (const record of records) if (isErrorRecord(record)) failed.add(record.base_id)
  }
  return walked.filter(({ base_id }) => failed.has(base_id))
}
