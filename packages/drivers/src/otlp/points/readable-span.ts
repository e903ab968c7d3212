import type { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { TraceRecord } from '@osprofiler/core'
import { type OtlpSpan, resourceAttributes, toOtlpSpan } from '@osprofiler/core/record'
import { JSON, Map, Object } from '@osprofiler/core/toolkit'
import type { OtlpResource } from '../settings/resource.js'
import { toPointName } from './gathered-point.js'
import type { OtlpPoint } from './open-points.js'

/** A span in the form that OpenTelemetry's exporters accept. */
export type ReadableSpan = Parameters<OTLPTraceExporter['export']>[0][number]
type Resource = ReadableSpan['resource']

/** The trace flag that marks a recorded span. */
const SAMPLED_FLAG = 1
const SCOPE = { name: 'osprofiler' }
const NONE: never[] = []

/** A span to send, with its point and its size. The size is used to split requests. */
export interface ReadySpan {
  readonly span: ReadableSpan
  readonly point: OtlpPoint
  /** Approximate number of characters in the span, not counting the resource. */
  readonly characters: number
}

/**
 * Returns a function that converts points to spans. If an attribute of the service is also in `given`, the value in
 * `given` is used.
 */
export function createSpanMaker(given: OtlpResource): (points: readonly OtlpPoint[]) => ReadySpan[] {
  return points => {
    const findResource = createResourceFinder(given)
    return points.flatMap(point => {
      const record = point.start ?? point.stop
      if (record === undefined) return []
      const mapped = mapPoint(point, record)
      return [{ point, span: toReadable(mapped, findResource(record)), characters: mapped.characters }]
    })
  }
}

function mapPoint(point: OtlpPoint, record: TraceRecord): OtlpSpan {
  const { start, stop, startedAt, endedAt, isTop, hasLocalParent, isUpdate, marks } = point
  const { base_id: baseId, trace_id: traceId, parent_id: parentId } = record
  return toOtlpSpan({
    ...{ baseId, traceId, isTop, hasLocalParent, startedAt, endedAt, isUpdate, marks },
    parentId: parentId || undefined,
    name: toPointName(record),
    startInfo: start?.info,
    stopInfo: stop?.info,
  })
}

function toReadable(mapped: OtlpSpan, resource: Resource): ReadableSpan {
  const { traceId, spanId, parentSpanId, isParentRemote, status, exception } = mapped
  const [startTime, endTime] = [copyTime(mapped.startTime), copyTime(mapped.endTime)]
  const context = { traceId, spanId, traceFlags: SAMPLED_FLAG }
  return {
    name: mapped.name,
    // The number of each span kind is lower by 1 in OpenTelemetry's API than in OTLP.
    kind: mapped.kind - 1,
    spanContext: () => context,
    ...(parentSpanId !== undefined && {
      parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: SAMPLED_FLAG, isRemote: isParentRemote },
    }),
    startTime,
    endTime,
    duration: [0, 0],
    ended: true,
    status: status.message === undefined ? { code: status.code } : { code: status.code, message: status.message },
    attributes: mapped.attributes,
    events:
      exception === undefined
        ? NONE
        : [{ time: endTime, name: 'exception', attributes: exception, droppedAttributesCount: 0 }],
    links: NONE,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: mapped.droppedAttributes,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

/**
 * Returns a function that finds the resource for a record. All records of one service, project and host get the same
 * object, because exporters group spans by the identity of this object.
 */
function createResourceFinder(given: OtlpResource): (record: TraceRecord) => Resource {
  const resources = new Map<string, Resource>()
  let last: TraceRecord | undefined
  let found = toResource({})
  return record => {
    const isAsLast =
      last?.service === record.service && last.project === record.project && last.info.host === record.info.host
    if (isAsLast) return found
    const { service, project, info } = record
    const key = JSON.stringify([service, project, info.host])
    found = resources.get(key) ?? toResource(given.complete(resourceAttributes(service, project, info.host), record))
    resources.set(key, found)
    last = record
    return found
  }
}

function toResource(attributes: Record<string, string>): Resource {
  const resource: Resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) }
  return resource
}

function copyTime([seconds, nanoseconds]: readonly [number, number]): [number, number] {
  return [seconds, nanoseconds]
}
