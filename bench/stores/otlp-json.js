import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { createOtlpStore } from './otlp.js'

/** A collector that receives JSON as a store of the benchmark: see `stores.js`. */
export const store = createOtlpStore('http/json', OTLPTraceExporter)
