import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { TraceRecord } from '@osprofiler/core'
import { JSON, Map, Math, Object, String } from '@osprofiler/core/toolkit'
import { isObject } from '../record-text.js'
import {
  addWork,
  exceptionAttributes,
  knownMethod,
  type OtlpAttributes,
  readErrorType,
  readRoute,
  toText,
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
const NONE: never[] = []
const ENDINGS = ['-start', '-stop']

/** Makes a maker of spans. What is given for `resource` wins over what a record says of its service. */
export function createSpanMaker(
  resource: Readonly<Record<string, string>>,
): (points: readonly OtlpPoint[]) => ReadableSpan[] {
  return points => {
    const findResource = createResources(resource)
    const findTraceId = createTraceIds()
    return points.flatMap(point => {
      const record = point.start ?? point.stop
      return record === undefined ? [] : toSpan(point, record, findTraceId(record), findResource(record))
    })
  }
}

function toSpan(point: OtlpPoint, record: TraceRecord, traceId: string, resource: Resource): ReadableSpan {
  const { startedAt, endedAt, hasLocalParent } = point
  const { base_id, trace_id, parent_id } = record
  const context = { traceId, spanId: otlpSpanId(trace_id), traceFlags: SAMPLED }
  const endTime = toTime(endedAt)
  const pointName = toPointName(record)
  const span = {
    name: toName(point) || pointName || 'unknown',
    kind: toKind(point, pointName),
    spanContext: () => context,
    startTime: toTime(startedAt),
    endTime,
    duration: toTime(endedAt - startedAt),
    ended: true,
    status: toStatus(point),
    attributes: toAttributes(point, record, pointName),
    events: toEvents(point, endTime),
    links: NONE,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
  if (parent_id === '' || parent_id === base_id || parent_id === trace_id) return span
  const parent = { traceId, spanId: otlpSpanId(parent_id), traceFlags: SAMPLED, isRemote: !hasLocalParent }
  return Object.assign(span, { parentSpanContext: parent })
}

/** By the conventions a name is what many spans share: a method and a route, never a path. */
function toName(point: OtlpPoint): string | undefined {
  const { request, requests, db, function: called } = point.start?.info ?? {}
  const http = isObject(request) ? request : requests
  if (isObject(http)) {
    const method = knownMethod(http.method)
    const shown = method === undefined || method === '_OTHER' ? 'HTTP' : method
    const route = http === request ? readRoute(point) : undefined
    return route === undefined ? shown : toText(`${shown} ${route}`)
  }
  const summary = isObject(db) ? summarizeQuery(db.statement) : undefined
  if (summary !== undefined) return summary
  return isObject(called) && typeof called.name === 'string' ? toText(called.name) : undefined
}

/** A point's name: the default ones tell which side of a call it is on. An `rpc` point serves what came from outside. */
function toKind({ start, hasLocalParent }: OtlpPoint, name: string): number {
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

/** What the point did; the ids as they were, for whoever searches for one; and what is odd about it. */
function toAttributes(point: OtlpPoint, record: TraceRecord, pointName: string): OtlpAttributes {
  const attributes: OtlpAttributes = {
    'osprofiler.name': pointName,
    'osprofiler.base_id': toText(record.base_id),
    'osprofiler.trace_id': toText(record.trace_id),
    'osprofiler.parent_id': toText(record.parent_id),
  }
  addWork(attributes, point)
  if (point.stop === undefined) attributes['osprofiler.unfinished'] = true
  if (point.start === undefined) attributes['osprofiler.marks'] = 'no-start'
  return attributes
}

function toEvents(point: OtlpPoint, time: [number, number]): ReadableSpan['events'] {
  const attributes = exceptionAttributes(point)
  return attributes === undefined ? NONE : [{ time, name: 'exception', attributes, droppedAttributesCount: 0 }]
}

/** Makes each trace's id once while its points stand side by side, as they mostly do. */
function createTraceIds(): (record: TraceRecord) => string {
  let baseId: string | undefined
  let id = ''
  return record => {
    if (record.base_id !== baseId) {
      baseId = record.base_id
      id = otlpTraceId(baseId)
    }
    return id
  }
}

/** One resource for all points of a service in a process: an exporter groups spans by the resource itself. */
function createResources(given: Readonly<Record<string, string>>): (record: TraceRecord) => Resource {
  const resources = new Map<string, Resource>()
  let last: TraceRecord | undefined
  let found = toResource({})
  return record => {
    const isAsLast =
      last?.service === record.service && last.project === record.project && last.info.host === record.info.host
    if (isAsLast) return found
    const key = JSON.stringify([record.service, record.project, record.info.host])
    found = resources.get(key) ?? toResource(resourceAttributes(record, given))
    resources.set(key, found)
    last = record
    return found
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

/** Without the `-start` or `-stop` at its end, of a name that is more than that. */
function toPointName({ name }: TraceRecord): string {
  const ending = ENDINGS.find(each => name.endsWith(each) && name.length > each.length) ?? ''
  return toText(name.slice(0, name.length - ending.length))
}

/** Times before 1970 have no place in OTLP. */
function toTime(microseconds: number): [number, number] {
  const us = Math.max(0, microseconds)
  return [Math.floor(us / 1_000_000), (us % 1_000_000) * 1000]
}
