import { asNumber } from '@osprofiler/core/json'
import { readField, readText } from './read-field.js'
import { readRoute, readStatus } from './read-record.js'
import type { ReportNode } from './report.js'

/** An attribute in OTLP's JSON. */
export interface OtlpAttribute {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string } | { readonly boolValue: boolean }
}

/** OpenTelemetry's `SpanKind`. */
const KIND = { internal: 1, server: 2, client: 3 } as const

/** Text longer than this is in the records, whole. */
const LONGEST = 20_000

/** An attribute, or none where there is no value to give. */
export function otlpAttribute(key: string, value: unknown): OtlpAttribute[] {
  if (typeof value === 'string') return [{ key, value: { stringValue: value.slice(0, LONGEST).toWellFormed() } }]
  if (typeof value === 'boolean') return [{ key, value: { boolValue: value } }]
  const number = asNumber(value)
  return Number.isSafeInteger(number) ? [{ key, value: { intValue: String(number) } }] : []
}

/** What the point did, in the words of OpenTelemetry's semantic conventions. */
export function workAttributes(node: ReportNode): OtlpAttribute[] {
  const served = readField(node.start, 'info', 'request')
  const sent = readField(node.start, 'info', 'requests')
  const request = served ?? sent
  return [
    ...otlpAttribute('http.request.method', readField(request, 'method')),
    ...otlpAttribute('url.scheme', readField(request, 'scheme')),
    ...otlpAttribute('url.path', readField(request, 'path')),
    ...otlpAttribute('url.query', readText(request, 'query')),
    ...otlpAttribute('http.route', readRoute(node)),
    ...otlpAttribute('server.address', readField(sent, 'hostname')),
    ...otlpAttribute('server.port', readField(sent, 'port')),
    ...otlpAttribute('http.response.status_code', readStatus(node.stop)),
    ...otlpAttribute('db.system.name', readField(node.start, 'info', 'db', 'system')),
    ...otlpAttribute('db.query.text', readField(node.start, 'info', 'db', 'statement')),
    ...otlpAttribute('code.function.name', readField(node.start, 'info', 'function', 'name')),
  ]
}

/** On which side of a call the point stands: a served request, an outgoing one or a query, or neither. */
export function spanKind({ start }: ReportNode): number {
  if (readField(start, 'info', 'request') !== undefined) return KIND.server
  if (readField(start, 'info', 'requests') !== undefined) return KIND.client
  return readField(start, 'info', 'db') === undefined ? KIND.internal : KIND.client
}
