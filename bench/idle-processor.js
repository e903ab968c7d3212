import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

/**
 * OpenTelemetry's way to an exporter, here one that counts and does nothing: the batching one, which is what
 * production uses and the cheaper of the two (a span through SimpleSpanProcessor costs half as much again).
 */
export function createIdleProcessor() {
  let spans = 0
  const processor = new BatchSpanProcessor({
    export(batch, done) {
      spans += batch.length
      done({ code: 0 })
    },
    shutdown: async () => {},
    forceFlush: async () => {},
  })
  return Object.defineProperty(processor, 'spans', { get: () => spans })
}
