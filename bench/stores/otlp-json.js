import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { createOtlpStore } from './otlp.js'

/** A collector that receives JSON, as a store to measure: see `run.js`. */
export const store = createOtlpStore('http/json', OTLPTraceExporter)
