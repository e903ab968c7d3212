import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { createOtlpStore } from './otlp.js'

/** A collector that receives protobuf, as a store to measure: see `run.js`. */
export const store = createOtlpStore('http/protobuf', OTLPTraceExporter)
