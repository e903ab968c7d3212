// Uses OpenTelemetry for all requests. Load this file first: `node --import ./telemetry.js app.js`.
import { register } from 'node:module'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())] // to OTEL_EXPORTER_OTLP_ENDPOINT
const tracerProvider = new BasicTracerProvider({ spanProcessors })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(tracerProvider)
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()] })

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => tracerProvider.shutdown())
