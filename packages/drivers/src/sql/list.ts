import { isErrorRecord, type TraceSummary } from '@osprofiler/core'
import { Math, Set } from '@osprofiler/core/toolkit'
import { collectNewest, type TimePart, type TracePage, toTracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { toPointName } from '../listing/trace-tally.js'
import { toRowRecord } from '../records/record-row.js'
import { toPages, type UseTable } from './read.js'
import type { MetRecord, Position } from './store.js'

const FIRST_STEP = 1_000
const MAX_STEP = 16_000
const SUMMARIES = 1_000

/** Lists the newest traces that match. The cost is that of the records that are as young as these traces. */
export async function listTraces(use: UseTable, selection: Selection, failed: boolean): Promise<TraceSummary[]> {
  return await collectNewest(
    {
      pages: part => walkBack(use, selection, failed, part),
      async summarise(baseIds) {
        const summaries: TraceSummary[] = []
        for (let start = 0; start < baseIds.length; start += SUMMARIES) {
          const some = baseIds.slice(start, start + SUMMARIES)
          summaries.push(...(await use(store => store.summarise(some), [])))
        }
        return summaries
      },
    },
    selection,
  )
}

/** Yields, from the newest back, the records that may be the first of a trace, or that belong to a failed trace. */
async function* walkBack(
  use: UseTable,
  selection: Selection,
  failed: boolean,
  part: TimePart,
): AsyncIterable<TracePage> {
  const end = 'after' in part ? part.after : selection.since
  // Ids of Python's tables have 32 bits. A larger number would be an error.
  let from: Position | undefined = 'upTo' in part ? { timestamp: part.upTo, id: 0 } : undefined
  let limit = FIRST_STEP
  for (;;) {
    const step = { from, direction: 'older', limit, withSuspects: failed } as const
    const met: readonly MetRecord[] = await use(store => store.walk(step), [])
    const page = failed ? await findFailed(use, met) : met.filter(record => mayBeFirst(record, selection))
    if (page.length > 0) yield toTracePage(page)
    from = met.at(-1)
    if (from === undefined || met.length < limit || from.timestamp < end) return
    limit = Math.min(2 * limit, MAX_STEP)
  }
}

function mayBeFirst(record: MetRecord, { name, service }: Selection): boolean {
  return (
    (name === undefined || toPointName(record.name) === name) && (service === undefined || record.service === service)
  )
}

/** Returns the records of traces with an error on this page. Only records that may tell of an error are read. */
async function findFailed(use: UseTable, met: readonly MetRecord[]): Promise<readonly MetRecord[]> {
  const suspects = met.flatMap(({ id, suspectBytes: bytes }) => (bytes === undefined ? [] : { id, bytes }))
  const failed = new Set<string>()
  for (const page of toPages(suspects)) {
    const records = (await use(store => store.readRows(page), [])).map(toRowRecord)
    for (const record of records) if (isErrorRecord(record)) failed.add(record.base_id)
  }
  return met.filter(({ base_id }) => failed.has(base_id))
}
