import type { TraceRecord } from '@osprofiler/core'
import { jsonText } from '@osprofiler/core/json'
import { notFound } from './traces.js'

/** What stands before, between and after records. */
type RecordLayout = readonly [before: string, between: string, after: string]

export const JSON_ARRAY: RecordLayout = ['[', ',\n', ']']
export const JSON_LINES: RecordLayout = ['', '\n', '\n']

/**
 * Records as JSON text, a piece a batch, so that no more than a batch is in memory.
 *
 * @throws Refusal 404 where there are none
 */
export async function* recordChunks(
  batches: AsyncIterable<readonly TraceRecord[]>,
  [before, between, after]: RecordLayout,
): AsyncGenerator<string, void, undefined> {
  let count = 0
  for await (const batch of batches) {
    if (batch.length === 0) continue
    yield (count === 0 ? before : between) + batch.map(record => jsonText(record, 0)).join(between)
    count += batch.length
  }
  if (count === 0) throw notFound()
  yield after
}
