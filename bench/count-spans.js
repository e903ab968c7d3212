import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createExpect } from './expect-count.js'

/**
 * Creates OpenTelemetry's batching processor with its defaults, as in production, and an exporter that counts spans.
 */
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
