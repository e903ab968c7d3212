import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { createOtlpStore } from './otlp.js'

/** An OTLP collector as a store of the benchmark: see `stores.js`. The protocol is JSON over HTTP. */
export const store = createOtlpStore('http/json', OTLPTraceExporter)
