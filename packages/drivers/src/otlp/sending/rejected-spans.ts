import { Buffer, Number } from '@osprofiler/core/toolkit'
import { isObject, parse } from '../../records/record-text.js'

/** The tag (field number and wire type) of `ExportTraceServiceResponse.partial_success`. */
const PARTIAL_SUCCESS = 0x0a
/** The tag of `ExportTracePartialSuccess.rejected_spans`. */
const REJECTED_SPANS = 0x08

/**
 * Returns the number of rejected spans in a collector's answer, or 0 if the body does not contain this number. The
 * messages are defined in opentelemetry-proto 1.x, `collector/trace/v1/trace_service.proto`. Some collectors answer a
 * protobuf request with JSON. Therefore the format is determined by the media type of the answer, if the answer has
 * one.
 */
export function countRejectedSpans(
  body: Buffer,
  contentType: string | undefined,
  protocol: 'http/protobuf' | 'http/json',
): number {
  const type = contentType === undefined || !/json|protobuf/i.test(contentType) ? protocol : contentType
  return /json/i.test(type) ? readJson(body) : readProtobuf(body)
}

function readJson(body: Buffer): number {
  const answer = parse(body.toString())
  const partial = isObject(answer) ? answer.partialSuccess : undefined
  return toCount(isObject(partial) ? Number(partial.rejectedSpans ?? 0) : 0)
}

function readProtobuf(body: Buffer): number {
  let rejected = 0
  for (const { tag, bytes } of readFields(body)) {
    if (tag !== PARTIAL_SUCCESS) continue
    for (const field of readFields(bytes)) if (field.tag === REJECTED_SPANS) rejected = field.number
  }
  return toCount(rejected)
}

/**
 * Yields the fields of a message that are varints or bytes. The two messages whose tags are above contain only fields
 * of these types.
 */
function* readFields(body: Buffer): Generator<{ tag: number; number: number; bytes: Buffer }> {
  for (let at = 0; at < body.length; ) {
    const [tag, afterTag] = readNumber(body, at)
    const [number, afterNumber] = readNumber(body, afterTag)
    const isBytes = (tag & 7) === 2
    if ((tag & 7) !== 0 && !isBytes) return
    at = afterNumber + (isBytes ? number : 0)
    yield { tag, number, bytes: isBytes ? body.subarray(afterNumber, at) : Buffer.alloc(0) }
  }
}

function readNumber(body: Buffer, at: number): [number: number, next: number] {
  let number = 0
  for (let index = 0; index < 10; index++) {
    const byte = body[at + index] ?? 0
    number += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return [number, at + index + 1]
  }
  return [Number.POSITIVE_INFINITY, body.length]
}

function toCount(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}
