import { randomBytes } from 'node:crypto'
import { createTraceId, signedPack } from '@osprofiler/core'

const PLAIN_REQUEST = 'GET /orders/42?page=2 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n'

/** So many requests without a header of ours, as texts. */
export function createPlainRequests(count) {
  return Array.from({ length: count }, () => `${PLAIN_REQUEST}\r\n`)
}

/** Requests signed with a key; each of a trace of its own, as requests of different users are. */
export function createSignedRequests(count, key) {
  return Array.from({ length: count }, () => {
    const id = createTraceId()
    const [info, hmac] = signedPack({ base_id: id, parent_id: id }, key)
    return `${PLAIN_REQUEST}X-Trace-Info: ${info}\r\nX-Trace-HMAC: ${hmac}\r\n\r\n`
  })
}

/** Requests with the header by which OpenTelemetry joins its caller's trace; each of a trace of its own. */
export function createParentedRequests(count) {
  return Array.from({ length: count }, () => {
    const id = randomBytes(24).toString('hex')
    return `${PLAIN_REQUEST}traceparent: 00-${id.slice(0, 32)}-${id.slice(32)}-01\r\n\r\n`
  })
}
