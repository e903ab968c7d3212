import type { TraceRecord } from '@osprofiler/core'
import { jsonText } from '@osprofiler/core/json'
import { createNotFoundRefusal } from './traces.js'

type RecordLayout = readonly [before: string, between: string, after: string]

/** The layout of records as one JSON array, which a trace's page fetches. */
export const JSON_ARRAY: RecordLayout = ['[', ',\n', ']']
/** The layout of records as one JSON object per line, for a file. */
export const JSON_LINES: RecordLayout = ['', '\n', '\n']

/** Yields records as JSON text, batch by batch, to save memory. Throws a Refusal 404 if there are no records. */
export async function* createRecordChunks(
  batches: AsyncIterable<readonly TraceRecord[]>,
  [before, between, after]: RecordLayout,
): AsyncGenerator<string, void, undefined> {
  let count = 0
  for await (const batch of batches) {
    if (batch.length === 0) continue
    yield (count === 0 ? before : between) + batch.map(record => jsonText(record, 0)).join(between)
    count += batch.length
  }
  if (count === 0) throw createNotFoundRefusal()
  yield after
}
