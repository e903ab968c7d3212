import { drawnIntervals } from './drawn-intervals.js'
import { exportSpanName } from './export-label.js'
import { groupBy } from './group-by.js'
import { joinChunks } from './join-chunks.js'
import { pointsInRecordOrder, recordsOfPoint } from './list-records.js'
import { type OtlpAttribute, otlpAttribute, spanKind, workAttributes } from './otlp-attributes.js'
import { otlpSpanId, otlpTraceId } from './otlp-id.js'
import { readText } from './read-field.js'
import type { Report, ReportNode } from './report.js'
import type { Interval } from './self-time.js'
import { createTimestampReader } from './timestamp.js'
import { writeJson } from './write-json.js'

/** The attribute that holds a point's records, a JSON array as text. */
export const RECORDS_ATTRIBUTE = 'osprofiler.records'
/** The attribute that holds a point's place in the order of its report's records. */
export const ORDER_ATTRIBUTE = 'osprofiler.order'

const STATUS_ERROR = 2

/** What a span needs to know beside its point. */
interface Surroundings {
  readonly traceId: string
  /** The trace's first moment, in microseconds since 1970. */
  readonly zeroUs: number
  readonly intervals: ReadonlyMap<ReportNode, Interval>
  readonly parents: ReadonlyMap<ReportNode, ReportNode>
}

/**
 * A report as OTLP's JSON (an `ExportTraceServiceRequest`), in pieces: what any OpenTelemetry collector takes at
 * `/v1/traces`, and Jaeger as a file. The trace's id is the `base_id` as 128 bits, a span's the low 64 bits of its
 * `trace_id`; an id that is no UUID is hashed. A point whose end is unknown reaches to its parent's and has the attribute
 * `osprofiler.unfinished`. The records are in `osprofiler.records`, for `readTraceFile`.
 *
 * The format: opentelemetry-proto 1.x, `trace/v1/trace.proto`, in its JSON encoding.
 */
export function exportOtlp(report: Report): Generator<string, void, undefined> {
  return joinChunks(writeDocument(report))
}

function* writeDocument(report: Report): Generator<string, void, undefined> {
  const surroundings: Surroundings = {
    traceId: otlpTraceId(report.baseId ?? ''),
    zeroUs: createTimestampReader()(report.startedAt) ?? 0,
    intervals: drawnIntervals(report),
    parents: new Map(report.points.flatMap(node => node.children.map(child => [child, node] as const))),
  }
  const numbered = pointsInRecordOrder(report).map((node, order) => ({ node, order }))
  const resources = groupBy(numbered, ({ node }) => JSON.stringify([node.service, node.project, node.host]))
  yield '{"resourceSpans":['
  let comma = ''
  for (const points of resources.values()) {
    const [first] = points
    if (first === undefined) continue
    yield `${comma}\n{"resource":${writeJson({ attributes: resourceAttributes(first.node) }, 0)},`
    yield '"scopeSpans":[{"scope":{"name":"osprofiler"},"spans":['
    let separator = '\n'
    for (const { node, order } of points) {
      yield separator + writeJson(toSpan(node, order, surroundings), 0)
      separator = ',\n'
    }
    yield ']}]}'
    comma = ','
  }
  yield '\n]}\n'
}

function resourceAttributes({ service, project, host }: ReportNode): OtlpAttribute[] {
  return [
    ...otlpAttribute('service.name', service ?? 'unknown_service'),
    ...otlpAttribute('service.namespace', project),
    ...otlpAttribute('host.name', host),
  ]
}

function toSpan(node: ReportNode, order: number, surroundings: Surroundings): object {
  const { startUs, endUs } = surroundings.intervals.get(node) ?? { startUs: 0, endUs: 0 }
  const { traceId, zeroUs } = surroundings
  const parentSpanId = parentOf(node, surroundings)
  return {
    traceId,
    spanId: otlpSpanId(node.traceId),
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: exportSpanName(node).toWellFormed() || 'unknown',
    kind: spanKind(node),
    startTimeUnixNano: nanoseconds(zeroUs + startUs),
    endTimeUnixNano: nanoseconds(zeroUs + endUs),
    attributes: [
      ...workAttributes(node),
      ...otlpAttribute('osprofiler.trace_id', node.traceId),
      ...otlpAttribute('osprofiler.parent_id', node.parentId),
      ...(node.finishedUs === undefined ? otlpAttribute('osprofiler.unfinished', true) : []),
      ...(node.marks.length === 0 ? [] : otlpAttribute('osprofiler.marks', node.marks.join())),
      { key: ORDER_ATTRIBUTE, value: { intValue: String(order) } },
      { key: RECORDS_ATTRIBUTE, value: { stringValue: writeJson(recordsOfPoint(node), 0) } },
    ],
    ...(node.exception === undefined ? {} : { events: [exceptionEvent(node, nanoseconds(zeroUs + endUs))] }),
    status: node.failed ? { code: STATUS_ERROR, message: messageOf(node) } : {},
  }
}

/** A parent that is not in the trace is still named, as its span may be elsewhere; one in a circle is not. */
function parentOf(node: ReportNode, { parents }: Surroundings): string | undefined {
  const parent = parents.get(node)
  if (parent !== undefined) return otlpSpanId(parent.traceId)
  return node.marks.includes('orphan') && node.parentId !== undefined ? otlpSpanId(node.parentId) : undefined
}

function exceptionEvent(node: ReportNode, timeUnixNano: string): object {
  const attributes = [
    ...otlpAttribute('exception.type', node.exception),
    ...otlpAttribute('exception.message', readText(node.stop, 'info', 'message')),
  ]
  return { timeUnixNano, name: 'exception', attributes }
}

function messageOf(node: ReportNode): string {
  return (readText(node.stop, 'info', 'message') ?? node.exception ?? '').slice(0, 1000).toWellFormed()
}

/** Times before 1970 have no place in OTLP. */
function nanoseconds(us: number): string {
  return us <= 0 ? '0' : `${us}000`
}
