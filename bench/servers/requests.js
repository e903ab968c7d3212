import { randomBytes } from 'node:crypto'
import { createTraceId, signedPack } from '@osprofiler/core'

const PLAIN_REQUEST = 'GET /orders/42?page=2 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n'

/** Creates requests without our headers, as strings. */
export function createPlainRequests(count) {
  return Array.from({ length: count }, () => `${PLAIN_REQUEST}\r\n`)
}

/** Creates requests that are signed with a key. Each has its own trace, like requests from different users. */
export function createSignedRequests(count, key) {
  return Array.from({ length: count }, () => {
    const id = createTraceId()
    const [info, hmac] = signedPack({ base_id: id, parent_id: id }, key)
    return `${PLAIN_REQUEST}X-Trace-Info: ${info}\r\nX-Trace-HMAC: ${hmac}\r\n\r\n`
  })
}

/**
 * Creates requests with the header `traceparent`, with which OpenTelemetry continues a caller's trace. Each request has
 * its own trace.
 */
export function createParentedRequests(count) {
  return Array.from({ length: count }, () => {
    const id = randomBytes(24).toString('hex')
    return `${PLAIN_REQUEST}traceparent: 00-${id.slice(0, 32)}-${id.slice(32)}-01\r\n\r\n`
  })
}
