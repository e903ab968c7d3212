import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { signedPack } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'

const HEADERS = ['x-trace-info', 'x-trace-hmac']

/** Signs every request that arrives at a Node server. */
export function signRequests(hmacKey) {
  wrapRequests((req, _res, serve) => {
    sign(req, hmacKey)
    return serve()
  })
}

/** Signs every request that arrives at a Node server, and traces it. */
export function serveTraced(hmacKey) {
  const tracer = createRequestTracer(hmacKey)
  wrapRequests((req, res, serve) => {
    sign(req, hmacKey)
    return tracer.serve(req, res, serve)
  })
}

/**
 * Adds the headers of a trace to a request, but hides them: a program finds the headers if it reads them by name, but
 * not if it lists or copies headers. Headers from a traced client are hidden too, because the tests did not send them.
 */
export function sign(req, hmacKey) {
  if (req.headers === undefined || req.headers === null) return
  const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } = createHeaders(hmacKey)
  const values = HEADERS.every(name => req.headers[name] !== undefined)
    ? HEADERS.map(name => req.headers[name])
    : [info, hmac]
  for (const [index, name] of HEADERS.entries()) setHidden(req.headers, name, values[index])
  hideRawHeaders(req.rawHeaders)
}

/** Hides a traced client's headers from a program that handles HTTP/2 streams directly. */
function hideSentHeaders(headers, rawHeaders) {
  for (const name of HEADERS) if (Object.hasOwn(headers, name)) setHidden(headers, name, headers[name])
  hideRawHeaders(rawHeaders)
}

function setHidden(headers, name, value) {
  Object.defineProperty(headers, name, { value, enumerable: false, configurable: true, writable: true })
}

function createHeaders(hmacKey) {
  const id = crypto.randomUUID()
  const [info, hmac] = signedPack({ base_id: id, parent_id: id }, hmacKey)
  return { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }
}

function hideRawHeaders(rawHeaders) {
  if (!Array.isArray(rawHeaders)) return
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) {
    if (HEADERS.includes(String(rawHeaders[index]).toLowerCase())) rawHeaders.splice(index, 2)
  }
}

/** Calls `around` for the work that servers do for a request. */
function wrapRequests(around) {
  const http2Servers = [http2.createServer(), http2.createSecureServer()].map(Object.getPrototypeOf)
  for (const prototype of [http.Server.prototype, https.Server.prototype, ...http2Servers]) {
    const { emit } = prototype
    prototype.emit = function (...args) {
      const [event, req, res, ...rest] = args
      // For this event, the arguments are the stream, its headers, its flags and the raw headers.
      if (event === 'stream') hideSentHeaders(res, rest[1])
      const isRequest = event === 'request' || event === 'checkContinue' || event === 'checkExpectation'
      if (!isRequest || res === undefined) return emit.apply(this, args)
      return around(req, res, () => emit.call(this, event, req, res, ...rest))
    }
  }
}
