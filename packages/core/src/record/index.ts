export { otlpTraceId } from './otlp-id.js'
export { type OtlpSpan, resourceAttributes, toOtlpSpan } from './span.js'
export type { SpanAttributes } from './span-attributes.js'
export type { SpanSource } from './span-source.js'
