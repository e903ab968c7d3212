import { isErrorRecord, type TraceSummary } from '@osprofiler/core'
import { collectNewest } from './newest-traces.js'
import { toRowRecord } from './record-row.js'
import type { UseTable } from './sql-read.js'
import type { MetRecord, Position } from './sql-store.js'
import type { Selection } from './trace-query.js'
import { toPointName } from './trace-tally.js'

const FIRST_STEP = 1_000
const LONGEST_STEP = 16_000
const SUMMARIES = 1_000

/** The newest traces that a query asks for, at the cost of the records that are as young as these. */
export async function listTraces(use: UseTable, selection: Selection, failed: boolean): Promise<TraceSummary[]> {
  return await collectNewest(
    {
      pages: walkBack(use, selection, failed),
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

/** The records, from the newest back, that may be a trace's first, or that tell of a failure. */
async function* walkBack(use: UseTable, selection: Selection, failed: boolean): AsyncIterable<readonly MetRecord[]> {
  const counts = failed ? isFailure : (record: MetRecord) => mayBeFirst(record, selection)
  let from: Position | undefined
  let limit = FIRST_STEP
  for (;;) {
    const step = { from, direction: 'older', limit, withFailures: failed } as const
    const met: readonly MetRecord[] = await use(store => store.walk(step), [])
    const page = met.filter(counts)
    if (page.length > 0) yield page
    from = met.at(-1)
    if (from === undefined || met.length < limit || from.timestamp < selection.since) return
    limit = Math.min(2 * limit, LONGEST_STEP)
  }
}

function mayBeFirst(record: MetRecord, { name, service }: Selection): boolean {
  return (
    (name === undefined || toPointName(record.name) === name) && (service === undefined || record.service === service)
  )
}

function isFailure({ data }: MetRecord): boolean {
  return data !== null && isErrorRecord(toRowRecord([null, null, null, null, null, null, null, null, data]))
}
