import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { createOtlpStore } from './otlp.js'

/** An OTLP collector as a store of the benchmark: see `stores.js`. The protocol is protobuf over HTTP. */
export const store = createOtlpStore('http/protobuf', OTLPTraceExporter)
