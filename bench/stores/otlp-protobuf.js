import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { createOtlpStore } from './otlp.js'

/** A collector that receives protobuf as a store of the benchmark: see `stores.js`. */
export const store = createOtlpStore('http/protobuf', OTLPTraceExporter)
