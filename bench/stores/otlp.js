import { once } from 'node:events'
import { createServer } from 'node:http'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'

/** Creates a store of the benchmark for an OTLP collector. The collector discards all requests. */
export function createOtlpStore(protocol, Exporter) {
  return {
    title: `OTLP, ${protocol}`,

    async start() {
      const collector = createServer((request, response) => request.resume().on('end', () => response.end()))
      // By default, a server closes an idle connection sooner than a contender gets its next turn.
      collector.keepAliveTimeout = 600_000
      await once(collector.listen(0, '127.0.0.1'), 'listening')
      return {
        url: `otlp://127.0.0.1:${collector.address().port}?protocol=${protocol}`,
        byCpuTime: true,
        note: "The figures are CPU time of the client. The bare client is OpenTelemetry's exporter. In the second row, OpenTelemetry's tracer also creates and ends the spans.",
        clear: () => {},
        async stop() {
          collector.closeAllConnections()
          await once(collector.close(), 'close')
        },
      }
    },

    /** Two adjacent records, a point's start and stop, become one span. */
    toItems: records => records.flatMap((start, index) => (index % 2 === 0 ? { start, stop: records[index + 1] } : [])),

    toText: createSpanMaker(),

    openBare(url) {
      const exporter = new Exporter({ url: `${url.replace(/^otlp:(.*)\?.*/, 'http:$1')}/v1/traces` })
      return {
        write: (batch, toSpan) =>
          new Promise((resolve, reject) =>
            exporter.export(batch.map(toSpan), ({ error }) => (error === undefined ? resolve() : reject(error))),
          ),
      }
    },
  }
}

/** Returns a function that creates a point's span with OpenTelemetry's own tracer and with our driver's attributes. */
function createSpanMaker() {
  const resource = resourceFromAttributes({
    'service.name': 'orders',
    'service.namespace': 'node',
    'host.name': 'shop-7',
  })
  const tracer = new BasicTracerProvider({ resource }).getTracer('osprofiler')
  return ({ start, stop }) => {
    const { base_id, parent_id, trace_id, info } = start
    const attributes = {
      'db.query.text': info.db.statement,
      'db.query.summary': 'SELECT orders',
      'db.statement': info.db.statement,
      'db.params': JSON.stringify(info.db.params),
      'osprofiler.name': 'db',
      'osprofiler.base_id': base_id,
      'osprofiler.trace_id': trace_id,
      'osprofiler.parent_id': parent_id,
    }
    const startTime = toTime(start.timestamp)
    const span = tracer.startSpan('SELECT orders', { kind: SpanKind.CLIENT, startTime, attributes }, ROOT_CONTEXT)
    span.end(toTime(stop.timestamp))
    return span
  }
}

/** Converts a time to OpenTelemetry's format: whole seconds and the remaining nanoseconds. */
function toTime(timestamp) {
  return [Date.parse(`${timestamp.slice(0, 19)}Z`) / 1000, Number(timestamp.slice(20)) * 1000]
}
