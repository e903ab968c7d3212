import { Buffer, JSON, Object, Set } from '@osprofiler/core/toolkit'
import type { ReadySpan } from '../points/readable-span.js'
import type { OtlpSettings } from '../settings/settings.js'

type Protocol = OtlpSettings['protocol']
type Attributes = Readonly<Record<string, unknown>>

/**
 * For each encoding, the maximum number of bytes that it adds to a span and to an attribute, and the maximum size of a
 * character in bytes.
 */
const ENCODING_BYTES = {
  'http/protobuf': { span: 200, attribute: 24, character: 3 },
  'http/json': { span: 700, attribute: 64, character: 6 },
} as const

/**
 * Splits spans into requests of at most `maxBytes`. A span that is larger than `maxBytes` becomes a separate request.
 */
export function splitIntoRequests(ready: readonly ReadySpan[], protocol: Protocol, maxBytes: number): ReadySpan[][] {
  if (ready.length < 2 || estimateRoughBytes(ready, protocol) <= maxBytes) return ready.length === 0 ? [] : [[...ready]]
  const requests: ReadySpan[][] = []
  let request: ReadySpan[] = []
  let resources = new Set<object>()
  let bytes = 0
  for (const each of ready) {
    let size = estimateSpanBytes(each, protocol)
    const { resource } = each.span
    if (!resources.has(resource)) size += estimateAttributeBytes(resource.attributes, protocol)
    if (request.length > 0 && bytes + size > maxBytes) {
      requests.push(request)
      request = []
      resources = new Set()
      bytes = 0
    }
    request.push(each)
    resources.add(resource)
    bytes += size
  }
  requests.push(request)
  return requests
}

/** Returns an upper bound for the bytes of a request's spans. */
export function estimateRequestBytes(request: readonly ReadySpan[], protocol: Protocol): number {
  let bytes = 0
  for (const each of request) bytes += estimateSpanBytes(each, protocol)
  return bytes
}

/**
 * Returns an upper bound for the bytes of some spans, without reading their strings. This is enough in most cases,
 * because most batches are far smaller than the limit.
 */
function estimateRoughBytes(ready: readonly ReadySpan[], protocol: Protocol): number {
  const { span, attribute, character } = ENCODING_BYTES[protocol]
  const resources = new Set<object>()
  let bytes = 0
  for (const each of ready) {
    const count = Object.keys(each.span.attributes).length
    bytes += span + count * attribute + each.characters * character
    if (resources.has(each.span.resource)) continue
    resources.add(each.span.resource)
    bytes += estimateAttributeBytes(each.span.resource.attributes, protocol)
  }
  return bytes
}

function estimateSpanBytes({ span }: ReadySpan, protocol: Protocol): number {
  let bytes = ENCODING_BYTES[protocol].span + estimateAttributeBytes(span.attributes, protocol)
  bytes += estimateAttributeBytes({ name: span.name, message: span.status.message }, protocol)
  for (const event of span.events) bytes += estimateAttributeBytes(event.attributes ?? {}, protocol)
  return bytes
}

function estimateAttributeBytes(attributes: Attributes, protocol: Protocol): number {
  const names = Object.keys(attributes)
  let bytes = names.length * ENCODING_BYTES[protocol].attribute
  if (protocol === 'http/json') return bytes + Buffer.byteLength(JSON.stringify(attributes))
  for (const name of names) {
    const value = attributes[name]
    bytes += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 0)
  }
  return bytes
}
