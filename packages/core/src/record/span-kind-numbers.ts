/** OpenTelemetry's `SpanKind`, as numbered by opentelemetry-proto. */
export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
