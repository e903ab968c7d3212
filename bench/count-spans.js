import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createExpect } from './expect-count.js'

/** OpenTelemetry's queue with its defaults, as in production: the batching processor, with an exporter that counts. */
export function countSpans() {
  let spans = 0
  const processor = new BatchSpanProcessor({
    export(batch, done) {
      spans += batch.length
      done({ code: 0 })
    },
    shutdown: async () => {},
    forceFlush: async () => {},
  })
  const expect = createExpect(
    'spans',
    () => processor.forceFlush(),
    () => spans,
  )
  return { processor, expect }
}
