import { MAX_SAFE_INTEGER, Math } from '../json/language.js'
import { attributeText, isObject, memberOf } from './attribute-value.js'
import { knownMethod } from './http-method.js'
import { readMessageStep, replaceIds } from './message-step.js'
import { otlpSpanId, otlpTraceId } from './otlp-id.js'
import { summarizeQuery } from './query-summary.js'
import { AttributeList, type SpanAttributes } from './span-attributes.js'
import { spanKind } from './span-kind.js'
import { readErrorType, readRoute } from './span-outcome.js'
import type { SpanSource } from './span-source.js'
import { addWorkAttributes } from './work-attributes.js'

/** A point in the form of an OpenTelemetry span, for the store `otlp://` and for exported reports. */
export interface OtlpSpan {
  /** The trace's id in hex. All other ids of the span are also in hex. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly isParentRemote: boolean
  readonly name: string
  /** `SpanKind` as numbered by opentelemetry-proto. */
  readonly kind: number
  /** Seconds and nanoseconds since 1970. */
  readonly startTime: readonly [number, number]
  /** Always later than the start. */
  readonly endTime: readonly [number, number]
  readonly attributes: SpanAttributes
  readonly droppedAttributes: number
  /** The number of characters in all attributes. */
  readonly characters: number
  /** Attributes of the event `exception` at the end of the span. */
  readonly exception: SpanAttributes | undefined
  /** `code` is 0 for unset and 2 for an error, as in OpenTelemetry. */
  readonly status: { readonly code: 0 | 2; readonly message: string | undefined }
}

const MAX_NAME_CHARS = 200
const MAX_MESSAGE_CHARS = 1_000

/**
 * Converts a point to a span according to OpenTelemetry's semantic conventions. The store `otlp://` and the exported
 * reports share this mapping.
 */
export function toOtlpSpan(source: SpanSource): OtlpSpan {
  const { baseId, traceId, parentId, isTop, hasLocalParent } = source
  const [startedAt, endedAt] = [clampMicroseconds(source.startedAt), clampMicroseconds(source.endedAt)]
  const [status, exception] = [toStatus(source), exceptionAttributes(source)]
  const list = new AttributeList()
  list.set('osprofiler.name', source.name)
  list.set('osprofiler.base_id', baseId)
  list.set('osprofiler.trace_id', traceId)
  list.set('osprofiler.parent_id', parentId)
  if (source.stopInfo === undefined) list.set('osprofiler.unfinished', true)
  if (source.marks.length > 0) list.set('osprofiler.marks', [...source.marks].sort().join())
  if (source.isUpdate) list.set('osprofiler.update', true)
  addWorkAttributes(list, source)
  return {
    traceId: otlpTraceId(baseId),
    spanId: otlpSpanId(traceId),
    parentSpanId: isTop || parentId === undefined ? undefined : otlpSpanId(parentId),
    isParentRemote: !isTop && parentId !== undefined && !hasLocalParent,
    name: spanName(source),
    kind: spanKind(source),
    startTime: toTime(startedAt, 0),
    // Jaeger shows a duration of zero as a negative duration, so the end is at least one nanosecond later than the
    // start.
    endTime: toTime(Math.max(startedAt, endedAt), endedAt > startedAt ? 0 : 1),
    attributes: list.values,
    droppedAttributes: list.dropped,
    characters: list.characters + (exception?.characters ?? 0),
    exception: exception?.values,
    status,
  }
}

/** Returns the OTLP resource of the program that recorded a point. A missing service becomes `unknown_service`. */
export function resourceAttributes(
  service: string | undefined,
  project: string | undefined,
  host: unknown,
): Record<string, string> {
  return {
    'service.name': (service && cutName(service)) || 'unknown_service',
    ...(project && { 'service.namespace': cutName(project) }),
    ...(typeof host === 'string' && host !== '' && { 'host.name': cutName(host) }),
  }
}

/**
 * Returns the span's name. OpenTelemetry's conventions require a name that many spans share, such as a method and a
 * route, but never a path.
 */
function spanName(source: SpanSource): string {
  const { startInfo, name } = source
  return cutName(workSpanName(source, startInfo) || name) || 'unknown'
}

function workSpanName(source: SpanSource, startInfo: unknown): string | undefined {
  const [served, sent] = [memberOf(startInfo, 'request'), memberOf(startInfo, 'requests')]
  const http = isObject(served) ? served : sent
  if (isObject(http)) {
    const method = knownMethod(http.method)
    const shownMethod = method === undefined || method === '_OTHER' ? 'HTTP' : method
    const route = http === served ? readRoute(source) : undefined
    return route === undefined ? shownMethod : `${shownMethod} ${route}`
  }
  const summary = summarizeQuery(memberOf(memberOf(startInfo, 'db'), 'statement'))
  if (summary !== undefined) return summary
  const functionName = memberOf(memberOf(startInfo, 'function'), 'name')
  const step = readMessageStep(source)
  if (step === undefined) return typeof functionName === 'string' ? functionName : undefined
  const { operation, destination } = step
  return replaceIds(cutName(typeof functionName === 'string' ? functionName : `${operation} ${destination}`.trim()))
}

function toStatus(source: SpanSource): OtlpSpan['status'] {
  if (readErrorType(source) === undefined) return { code: 0, message: undefined }
  const message = memberOf(source.stopInfo, 'message')
  const hasMessage = message !== undefined && message !== null
  return {
    code: 2,
    message: hasMessage ? attributeText(message).slice(0, MAX_MESSAGE_CHARS).toWellFormed() : undefined,
  }
}

function exceptionAttributes({ stopInfo }: SpanSource): AttributeList | undefined {
  const etype = memberOf(stopInfo, 'etype')
  if (etype === undefined || etype === null) return undefined
  const list = new AttributeList()
  list.set('exception.type', attributeText(etype))
  list.set('exception.message', memberOf(stopInfo, 'message'))
  return list
}

function cutName(text: string): string {
  return (text.length > MAX_NAME_CHARS ? `${text.slice(0, MAX_NAME_CHARS - 3)}...` : text).toWellFormed()
}

/**
 * Limits a time to the years 1970 to 2255. OTLP's range begins in 1970, and JavaScript counts microseconds exactly
 * until 2255.
 */
function clampMicroseconds(microseconds: number): number {
  return Math.min(Math.max(0, microseconds), MAX_SAFE_INTEGER)
}

function toTime(microseconds: number, nanoseconds: number): readonly [number, number] {
  return [Math.floor(microseconds / 1_000_000), (microseconds % 1_000_000) * 1000 + nanoseconds]
}
