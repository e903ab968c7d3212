import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { TraceRecord } from '@osprofiler/core'
import { isObject } from '../record-text.js'
import { toMicroseconds } from '../record-time.js'
import {
  exceptionAttributes,
  knownMethod,
  type OtlpAttributes,
  readErrorType,
  toText,
  workAttributes,
} from './attributes.js'
import { otlpSpanId, otlpTraceId } from './id.js'
import type { OtlpPoint } from './points.js'
import { summarizeQuery } from './query.js'

/** What OpenTelemetry's exporters take. */
export type ReadableSpan = Parameters<OTLPTraceExporter['export']>[0][number]
type Resource = ReadableSpan['resource']

/** OpenTelemetry's `SpanKind`, as its API numbers it. */
const KIND = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const
/** By what our instrument of amqplib calls a step: asking for a message is a client's. */
const MESSAGE_KIND = new Map<string, number>([
  ['publish', KIND.producer],
  ['consume', KIND.consumer],
  ['get', KIND.client],
])
/** OpenTelemetry's `SpanStatusCode`. */
const STATUS = { unset: 0, error: 2 } as const
/** The span was chosen to be recorded. */
const SAMPLED = 1
const SCOPE = { name: 'osprofiler' }

/** Makes a maker of spans. What is given for `resource` wins over what a record says of its service. */
export function createSpanMaker(
  resource: Readonly<Record<string, string>>,
): (points: readonly OtlpPoint[]) => ReadableSpan[] {
  return points => {
    // An exporter groups spans by the resource itself.
    const resources = new Map<string, Resource>()
    return points.flatMap(point => {
      const record = point.start ?? point.stop
      if (record === undefined) return []
      const key = JSON.stringify([record.service, record.project, record.info.host])
      const shared = resources.get(key) ?? toResource(resourceAttributes(record, resource))
      resources.set(key, shared)
      return [toSpan(point, record, shared)]
    })
  }
}

function toSpan(point: OtlpPoint, record: TraceRecord, resource: Resource): ReadableSpan {
  const { start, stop, lastSeen, hasLocalParent } = point
  const traceId = otlpTraceId(record.base_id)
  const context = { traceId, spanId: otlpSpanId(record.trace_id), traceFlags: SAMPLED }
  const hasParent = !['', record.base_id, record.trace_id].includes(record.parent_id)
  const startedAt = toMicroseconds(record.timestamp) ?? 0
  const endedAt = Math.max(startedAt, toMicroseconds((stop?.timestamp ?? lastSeen) || record.timestamp) ?? startedAt)
  const exception = exceptionAttributes(point)
  return {
    name: toName(point, record),
    kind: toKind(point, record),
    spanContext: () => context,
    ...(hasParent && {
      parentSpanContext: {
        traceId,
        spanId: otlpSpanId(record.parent_id),
        traceFlags: SAMPLED,
        isRemote: !hasLocalParent,
      },
    }),
    startTime: toTime(startedAt),
    endTime: toTime(endedAt),
    duration: toTime(endedAt - startedAt),
    ended: true,
    status: toStatus(point),
    attributes: { ...workAttributes(point), ...ownAttributes(record, start, stop) },
    events:
      exception === undefined
        ? []
        : [{ time: toTime(endedAt), name: 'exception', attributes: exception, droppedAttributesCount: 0 }],
    links: [],
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/** By the conventions a name is what many spans share: a method and a route, never a path. */
function toName({ start }: OtlpPoint, record: TraceRecord): string {
  const { request, requests, db, function: called } = start?.info ?? {}
  const http = isObject(request) ? request : requests
  if (isObject(http)) {
    const method = knownMethod(http.method)
    const shown = method === undefined || method === '_OTHER' ? 'HTTP' : method
    return typeof http.route === 'string' ? toText(`${shown} ${http.route}`) : shown
  }
  const summary = isObject(db) ? summarizeQuery(db.statement) : undefined
  if (summary !== undefined) return summary
  if (isObject(called) && typeof called.name === 'string' && called.name !== '') return toText(called.name)
  return pointName(record) || 'unknown'
}

/** A point's name: the default ones tell which side of a call it is on. An `rpc` point serves what came from outside. */
function toKind({ start, hasLocalParent }: OtlpPoint, record: TraceRecord): number {
  const name = pointName(record)
  if (isObject(start?.info.request) || name === 'wsgi') return KIND.server
  if (isObject(start?.info.requests) || name === 'http' || name === 'https') return KIND.client
  if (isObject(start?.info.db) || name === 'db') return KIND.client
  const { amqp, function: called } = start?.info ?? {}
  const step = isObject(amqp) && isObject(called) ? String(called.name).split(' ', 1)[0] : undefined
  const kind = MESSAGE_KIND.get(step ?? '')
  return kind ?? (name === 'rpc' && !hasLocalParent ? KIND.server : KIND.internal)
}

function toStatus(point: OtlpPoint): ReadableSpan['status'] {
  const error = readErrorType(point)
  if (error === undefined) return { code: STATUS.unset }
  const message = point.stop?.info.message
  return message === undefined || message === null
    ? { code: STATUS.error }
    : { code: STATUS.error, message: toText(message) }
}

/** The ids as they were, for whoever searches for one, and what is odd about a point. */
function ownAttributes(
  record: TraceRecord,
  start: TraceRecord | undefined,
  stop: TraceRecord | undefined,
): OtlpAttributes {
  return {
    'osprofiler.name': toText(pointName(record)),
    'osprofiler.base_id': toText(record.base_id),
    'osprofiler.trace_id': toText(record.trace_id),
    'osprofiler.parent_id': toText(record.parent_id),
    ...(stop === undefined && { 'osprofiler.unfinished': true }),
    ...(start === undefined && { 'osprofiler.marks': 'no-start' }),
  }
}

function resourceAttributes(record: TraceRecord, given: Readonly<Record<string, string>>): Record<string, string> {
  const { host } = record.info
  return {
    'service.name': toText(record.service) || 'unknown_service',
    ...(record.project !== '' && { 'service.namespace': toText(record.project) }),
    ...(typeof host === 'string' && { 'host.name': toText(host) }),
    ...given,
  }
}

function toResource(attributes: Record<string, string>): Resource {
  const resource: Resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) }
  return resource
}

function pointName({ name }: TraceRecord): string {
  return toText(name.replace(/(?<=.)-(?:start|stop)$/s, ''))
}

/** Times before 1970 have no place in OTLP. */
function toTime(microseconds: number): [number, number] {
  const us = Math.max(0, microseconds)
  return [Math.floor(us / 1_000_000), (us % 1_000_000) * 1000]
}
