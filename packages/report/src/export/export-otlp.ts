import {
  type OtlpSpan,
  otlpTraceId,
  resourceAttributes,
  type SpanAttributes,
  toOtlpSpan,
} from '@osprofiler/core/record'
import type { Interval } from '../analysis/self-time.js'
import { joinChunks } from '../json/join-chunks.js'
import { writeJson } from '../json/write-json.js'
import { groupBy } from '../tree/group-by.js'
import { restoreAccounts } from '../tree/lift-accounts.js'
import { listPointsInRecordOrder, recordsOfPoint } from '../tree/list-records.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createTimestampReader } from '../tree/timestamp.js'
import { computeDrawnIntervals } from './drawn-intervals.js'

/** The attribute with a point's records as a JSON array, from which `readTraceFile` restores the point. */
export const RECORDS_ATTRIBUTE = 'osprofiler.records'
/** The attribute with a point's position in the order of the report's records. */
export const ORDER_ATTRIBUTE = 'osprofiler.order'

/** By default, collectors accept at most 20 MiB in one request. */
const MAX_PART_CHARS = 16 * 1024 * 1024
/** Upper bound for the characters of a document that belong neither to spans nor to resources. */
const FRAME_CHARS = 200
/** OpenTelemetry's span flags: the span is sampled, the flag for a remote parent is valid, and the parent is remote. */
const [SAMPLED, REMOTE_IS_KNOWN, REMOTE] = [0x1, 0x100, 0x200]

/** Marks that are not listed among a span's marks, because another attribute or the span's parent id shows them. */
const MARKS_SHOWN_ELSEWHERE: readonly string[] = ['unfinished', 'orphan']

interface SpanContext {
  readonly baseId: string
  /** The start of the trace, in microseconds since 1970. */
  readonly zeroUs: number
  readonly intervals: ReadonlyMap<ReportNode, Interval>
  readonly parents: ReadonlyMap<ReportNode, ReportNode>
}

/**
 * Writes a report as OTLP JSON (an `ExportTraceServiceRequest`), in pieces. Any OpenTelemetry collector accepts the
 * document at `/v1/traces`, and Jaeger opens it as a file. The trace id is the `base_id` as 128 bits, and a span id is
 * the low 64 bits of a `trace_id`. An id that is not a UUID is hashed. A point without a stop extends to its parent's
 * end, and has the attribute `osprofiler.unfinished`. The attribute `osprofiler.records` contains the records for
 * `readTraceFile`. All other fields are the same as those that the store `otlp://` sends. Format: opentelemetry-proto
 * 1.x, `trace/v1/trace.proto`, JSON encoding.
 */
export function* exportOtlp(report: Report): Generator<string, void, undefined> {
  for (const part of writeParts(restoreAccounts(report), Number.POSITIVE_INFINITY)) yield* part
}

/**
 * Works like `exportOtlp`, but writes several documents if one would be larger than a collector accepts. Each document
 * is the body of one request, on a line of at most 16 MiB. If a single point's records are larger than that, its span
 * has no `osprofiler.records`.
 */
export function exportOtlpParts(
  report: Report,
  maxPartChars = MAX_PART_CHARS,
): Generator<Iterable<string>, void, undefined> {
  return writeParts(restoreAccounts(report), maxPartChars)
}

function* writeParts(report: Report, maxPartChars: number): Generator<Iterable<string>, void, undefined> {
  const pieces = writePieces(report, maxPartChars)
  let isOver = false
  function* nextPart(): Generator<string, void, undefined> {
    for (let piece = pieces.next(); ; piece = pieces.next()) {
      isOver = piece.done === true
      if (piece.done || piece.value === undefined) return
      yield piece.value
    }
  }
  // A part is the body of one request. Its pieces are collected here, because the caller may ask for the next part
  // before it has read this part.
  while (!isOver) {
    const part = maxPartChars === Number.POSITIVE_INFINITY ? joinChunks(nextPart()) : [...joinChunks(nextPart())]
    yield part
  }
}

/** Yields the pieces of all parts, with `undefined` between two parts. */
function* writePieces(report: Report, maxPartChars: number): Generator<string | undefined, void, undefined> {
  const context: SpanContext = {
    baseId: report.baseId ?? '',
    zeroUs: createTimestampReader()(report.startedAt) ?? 0,
    intervals: computeDrawnIntervals(report),
    parents: new Map(report.points.flatMap(node => node.children.map(child => [child, node] as const))),
  }
  const numbered = listPointsInRecordOrder(report).map((node, order) => ({ node, order }))
  const resources = groupBy(numbered, ({ node }) => JSON.stringify([node.service, node.project, node.host]))
  let length = FRAME_CHARS
  yield '{"resourceSpans":['
  let comma = ''
  for (const points of resources.values()) {
    const [first] = points
    if (first === undefined) continue
    const head = `{"resource":${writeJson({ attributes: createResource(first.node) }, 0)},"scopeSpans":[{"scope":{"name":"osprofiler"},"spans":[`
    let separator = ''
    for (const { node, order } of points) {
      const text = writeSpan(node, order, context, maxPartChars - head.length - FRAME_CHARS)
      if (length > FRAME_CHARS && length + head.length + text.length > maxPartChars) {
        yield `${separator === '' ? '' : ']}]}'}]}\n`
        yield undefined
        yield '{"resourceSpans":['
        ;[length, comma, separator] = [FRAME_CHARS, '', '']
      }
      const lead = separator === '' ? `${comma}${head}` : separator
      yield lead + text
      length += lead.length + text.length
      ;[comma, separator] = [',', ',']
    }
    yield ']}]}'
  }
  yield ']}\n'
}

function createResource({ service, project, host }: ReportNode): object[] {
  return toAttributes(resourceAttributes(service, project, host))
}

function writeSpan(node: ReportNode, order: number, context: SpanContext, room: number): string {
  const span = toOtlpSpan(createSpanSource(node, context))
  const records = writeJson(recordsOfPoint(node), 0)
  const text = writeJson(toSpanJson(span, context.baseId, order, records), 0)
  return text.length <= room ? text : writeJson(toSpanJson(span, context.baseId, order, undefined), 0)
}

function createSpanSource(node: ReportNode, { baseId, zeroUs, intervals, parents }: SpanContext) {
  const { startUs, endUs } = intervals.get(node) ?? { startUs: 0, endUs: 0 }
  const parent = parents.get(node)
  return {
    baseId,
    traceId: node.traceId,
    parentId: node.parentId,
    // A span names its parent even if the parent is not in the trace, because another service may have sent the
    // parent's span. A parent in a cycle is not named.
    isTop: parent === undefined && !node.marks.includes('orphan'),
    name: node.name,
    startInfo: readInfo(node.start),
    stopInfo: readInfo(node.stop),
    hasLocalParent: parent !== undefined && isSameProgram(parent, node),
    startedAt: zeroUs + startUs,
    endedAt: zeroUs + endUs,
    marks: node.marks.filter(mark => !MARKS_SHOWN_ELSEWHERE.includes(mark)),
  }
}

function readInfo(record: unknown): unknown {
  return record === undefined ? undefined : (readField(record, 'info') ?? {})
}

function isSameProgram(a: ReportNode, b: ReportNode): boolean {
  return a.service === b.service && a.project === b.project && a.host === b.host
}

function toSpanJson(span: OtlpSpan, baseId: string, order: number, records: string | undefined): object {
  const { spanId, parentSpanId, name, kind, attributes, droppedAttributes, exception, status } = span
  const endTimeUnixNano = toNanoseconds(span.endTime)
  return {
    traceId: otlpTraceId(baseId),
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    flags: SAMPLED | REMOTE_IS_KNOWN | (span.isParentRemote ? REMOTE : 0),
    name,
    kind,
    startTimeUnixNano: toNanoseconds(span.startTime),
    endTimeUnixNano,
    attributes: [
      ...toAttributes(attributes),
      { key: ORDER_ATTRIBUTE, value: { intValue: String(order) } },
      ...(records === undefined ? [] : [{ key: RECORDS_ATTRIBUTE, value: { stringValue: records } }]),
    ],
    ...(droppedAttributes > 0 && { droppedAttributesCount: droppedAttributes }),
    ...(exception === undefined
      ? {}
      : { events: [{ timeUnixNano: endTimeUnixNano, name: 'exception', attributes: toAttributes(exception) }] }),
    status:
      status.code === 0 ? {} : { code: status.code, ...(status.message !== undefined && { message: status.message }) },
  }
}

function toAttributes(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toValue(value) }))
}

/** OTLP's JSON encodes integers as strings, because not every JSON parser can represent numbers up to 2 ** 63. */
function toValue(value: SpanAttributes[string]): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

function toNanoseconds([seconds, nanoseconds]: readonly [number, number]): string {
  const text = `${seconds}${String(nanoseconds).padStart(9, '0')}`
  return text.replace(/^0+(?=\d)/, '')
}
