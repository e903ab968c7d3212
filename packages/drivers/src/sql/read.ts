import type { TraceRecord } from '@osprofiler/core'
import { fromRow } from '../records/record-row.js'
import type { RecordId, SqlStore } from './store.js'

const MAX_PAGE_ROWS = 500
const MAX_PAGE_BYTES = 4_000_000
/** The smallest possible id of a row. Row ids may be negative, and ids in Python's tables have 32 bits. */
const MIN_ID = -(2 ** 31)
/** Maximum number of row ids in memory while a trace is read. */
const MAX_IDS = 50_000

/**
 * Runs `work` on the table. Returns `fallback` if the table does not exist. Other work can run between two calls, and
 * no snapshot is kept open between them.
 */
export type UseTable = <Result>(work: (store: SqlStore) => Promise<Result>, fallback: Result) => Promise<Result>

const NONE: readonly never[] = []

/**
 * Reads a trace in the order in which its records arrived. First reads the ids of the rows from the index, at linear
 * cost. Then reads the rows in pages of limited size.
 */
export async function* readRecords(use: UseTable, baseId: string): AsyncIterable<readonly TraceRecord[]> {
  for (let after: number | undefined = MIN_ID; after !== undefined; ) {
    const from: number = after
    const found = await use(store => store.findRecords(baseId, from, MAX_IDS), NONE)
    for (const page of toPages(found)) {
      yield (await use(store => store.readRows(page), NONE)).map(fromRow)
    }
    after = found.length === MAX_IDS ? found.at(-1)?.id : undefined
  }
}

/** Groups ids into pages, so that a page has neither too many rows nor too many bytes. */
export function* toPages(records: readonly RecordId[]): Iterable<readonly number[]> {
  let page: number[] = []
  let total = 0
  for (const { id, bytes } of records) {
    if (page.length === MAX_PAGE_ROWS || (page.length > 0 && total + bytes > MAX_PAGE_BYTES)) {
      yield page
      page = []
      total = 0
    }
    page.push(id)
    total += bytes
  }
  if (page.length > 0) yield page
}
