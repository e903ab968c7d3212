import { MAX_SAFE_INTEGER, Math } from '../json/language.js'
import { attributeText, isObject, memberOf } from './attribute-value.js'
import { knownMethod } from './http-method.js'
import { readMessageStep, withoutIds } from './message-step.js'
import { otlpSpanId, otlpTraceId } from './otlp-id.js'
import { summarizeQuery } from './query-summary.js'
import { AttributeList, type SpanAttributes } from './span-attributes.js'
import { spanKind } from './span-kind.js'
import { readErrorType, readRoute } from './span-outcome.js'
import type { SpanSource } from './span-source.js'
import { addWork } from './work-attributes.js'

/** A point as OpenTelemetry has it, whoever writes it: the store `otlp://`, or a report's export. */
export interface OtlpSpan {
  /** In hex, as is the span's. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** Whether the parent is a point of another program. */
  readonly isParentRemote: boolean
  readonly name: string
  /** As opentelemetry-proto numbers it. */
  readonly kind: number
  /** Seconds and nanoseconds since 1970. */
  readonly startTime: readonly [number, number]
  /** Later than the start. */
  readonly endTime: readonly [number, number]
  readonly attributes: SpanAttributes
  /** How many attributes had no room. */
  readonly droppedAttributes: number
  /** How many characters the attributes have together. */
  readonly characters: number
  /** Of the event `exception` at the span's end. */
  readonly exception: SpanAttributes | undefined
  /** `code` as OpenTelemetry numbers it: 0 is unset, 2 an error. */
  readonly status: { readonly code: 0 | 2; readonly message: string | undefined }
}

const MAX_NAME = 200
const MAX_MESSAGE = 1_000

/** The one mapping of points to spans, by OpenTelemetry's semantic conventions. */
export function toOtlpSpan(source: SpanSource): OtlpSpan {
  const { baseId, traceId, parentId, isTop, hasLocalParent } = source
  const [startedAt, endedAt] = [within(source.startedAt), within(source.endedAt)]
  const [status, exception] = [toStatus(source), exceptionAttributes(source)]
  const list = new AttributeList()
  list.set('osprofiler.name', source.name)
  list.set('osprofiler.base_id', baseId)
  list.set('osprofiler.trace_id', traceId)
  list.set('osprofiler.parent_id', parentId)
  if (source.stopInfo === undefined) list.set('osprofiler.unfinished', true)
  if (source.marks.length > 0) list.set('osprofiler.marks', [...source.marks].sort().join())
  if (source.isUpdate) list.set('osprofiler.update', true)
  addWork(list, source)
  return {
    traceId: otlpTraceId(baseId),
    spanId: otlpSpanId(traceId),
    parentSpanId: isTop || parentId === undefined ? undefined : otlpSpanId(parentId),
    isParentRemote: !isTop && parentId !== undefined && !hasLocalParent,
    name: spanName(source),
    kind: spanKind(source),
    startTime: toTime(startedAt, 0),
    // Jaeger takes a span of no time at all for one of a negative time.
    endTime: toTime(Math.max(startedAt, endedAt), endedAt > startedAt ? 0 : 1),
    attributes: list.values,
    droppedAttributes: list.dropped,
    characters: list.characters + (exception?.characters ?? 0),
    exception: exception?.values,
    status,
  }
}

/** Attributes of the program that recorded a point. */
export function resourceAttributes(
  service: string | undefined,
  project: string | undefined,
  host: unknown,
): Record<string, string> {
  return {
    'service.name': (service && cut(service)) || 'unknown_service',
    ...(project && { 'service.namespace': cut(project) }),
    ...(typeof host === 'string' && host !== '' && { 'host.name': cut(host) }),
  }
}

/** By the conventions a name is what many spans share: a method and a route, never a path. */
function spanName(source: SpanSource): string {
  const { startInfo, name } = source
  return cut(workName(source, startInfo) || name) || 'unknown'
}

function workName(source: SpanSource, startInfo: unknown): string | undefined {
  const [served, sent] = [memberOf(startInfo, 'request'), memberOf(startInfo, 'requests')]
  const http = isObject(served) ? served : sent
  if (isObject(http)) {
    const method = knownMethod(http.method)
    const shown = method === undefined || method === '_OTHER' ? 'HTTP' : method
    const route = http === served ? readRoute(source) : undefined
    return route === undefined ? shown : `${shown} ${route}`
  }
  const summary = summarizeQuery(memberOf(memberOf(startInfo, 'db'), 'statement'))
  if (summary !== undefined) return summary
  const called = memberOf(memberOf(startInfo, 'function'), 'name')
  const step = readMessageStep(source)
  if (step === undefined) return typeof called === 'string' ? called : undefined
  const { operation, destination } = step
  return withoutIds(cut(typeof called === 'string' ? called : `${operation} ${destination}`.trim()))
}

function toStatus(source: SpanSource): OtlpSpan['status'] {
  if (readErrorType(source) === undefined) return { code: 0, message: undefined }
  const message = memberOf(source.stopInfo, 'message')
  const isTold = message !== undefined && message !== null
  return { code: 2, message: isTold ? attributeText(message).slice(0, MAX_MESSAGE).toWellFormed() : undefined }
}

/** What the exception was, as an event tells it. */
function exceptionAttributes({ stopInfo }: SpanSource): AttributeList | undefined {
  const etype = memberOf(stopInfo, 'etype')
  if (etype === undefined || etype === null) return undefined
  const list = new AttributeList()
  list.set('exception.type', attributeText(etype))
  list.set('exception.message', memberOf(stopInfo, 'message'))
  return list
}

function cut(text: string): string {
  return (text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 3)}...` : text).toWellFormed()
}

/** Times before 1970 have no place in OTLP, and none beyond the year 2255 can be told to the microsecond. */
function within(microseconds: number): number {
  return Math.min(Math.max(0, microseconds), MAX_SAFE_INTEGER)
}

function toTime(us: number, nanoseconds: number): readonly [number, number] {
  return [Math.floor(us / 1_000_000), (us % 1_000_000) * 1000 + nanoseconds]
}
