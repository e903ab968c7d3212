import http, { type ClientRequest } from 'node:http'
import https from 'node:https'
import { get, type Profiler } from '@osprofiler/core'
import { Array, Number, process, Reflect, shared } from '@osprofiler/core/toolkit'
import { wrapBuiltin } from '../../loading/wrap-builtin.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { failIfThrown } from '../../points/end-step.js'
import { markTraced } from '../../points/mark-traced.js'
import { normalizeHost } from '../../propagation/host-rule.js'
import { dependsOnHostOnly } from '../../propagation/propagate-to.js'
import { changeTraceHeaders, type Receiver } from '../../propagation/trace-header-change.js'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { type Around, type Proceed, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
import { describeRequest } from '../describe-request.js'
import { RequestProgress } from '../request-progress.js'
import {
  type HttpCall,
  listReceivers,
  readArguments,
  readCallOfRequest,
  snapshotArguments,
  toOutgoingRequest,
  withHeaders,
} from './http-call.js'
import {
  areWrittenAtOnce,
  type ChangeHeaders,
  changeHeaders,
  changeHeadersLate,
  changeHeadersNow,
  hideTraceHeaders,
} from './http-headers.js'
import { followRequest, onError, onResponse } from './http-points.js'
import { guardHttp2Headers } from './http2-headers.js'

type Scheme = HttpCall['scheme']

interface TracedRequest {
  readonly call: HttpCall
  readonly progress: RequestProgress
}

/** A request whose point begins before Node creates the request. */
interface PreparedRequest extends TracedRequest {
  /** The program's arguments, perhaps with changed headers. */
  readonly args: unknown[]
  readonly carriesTrace: boolean
}

/**
 * Records the requests of `node:http` and `node:https`, and therefore of axios, got, node-fetch and superagent, as
 * points named `http` or `https`. A point lasts from the call to the last byte of the response. If the body is still
 * unread when the trace ends, the point ends at the response's head. Only allowed receivers get the trace headers.
 *
 * Wraps `request` and `get` on every version of Node, because only their arguments contain the port and the headers
 * that Node writes at once. Some requests bypass the wrappers: those made with `ClientRequest`, or with a function that
 * the program took earlier (`const { request } = require('http')`). A diagnostics channel reports such a request when
 * it is created (on Node 20, when it is sent). All other requests are detected when their head is written.
 */
export function instrumentHttp(settings: InstrumentSettings): () => void {
  const { mayReceive } = settings
  const isHostOnly = dependsOnHostOnly(mayReceive)

  function prepare(profiler: Profiler, given: unknown[], scheme: Scheme): PreparedRequest {
    const args = snapshotArguments(given)
    const parsed = readArguments(args, scheme)
    const traced = startPoint(profiler, parsed.call)
    const { headers } = parsed.options
    const unchanged = { ...traced, args, carriesTrace: false }
    if (!areWrittenAtOnce(headers)) return unchanged
    const changed = changeHeaders(headers, createHeaderChange(traced.progress, receiverOf(parsed.call)))
    return changed === undefined
      ? unchanged
      : { ...traced, args: withHeaders(args, parsed, changed.headers), carriesTrace: changed.isOurs }
  }

  function sendTraced(proceed: Proceed, args: unknown[], scheme: Scheme): unknown {
    const profiler = get()
    if (profiler === undefined || opening.requests) return proceed(args)
    const traced = tryOrUndefined(() => prepare(profiler, args, scheme))
    if (traced === undefined) return proceed(args)
    const request = failIfThrown(traced.progress.point, () =>
      runWhileOpening(() => proceed(traced.args)),
    ) as ClientRequest
    tryOrUndefined(() => {
      markTraced(request)
      followTraced(request, traced)
      if (traced.carriesTrace) hideTraceHeaders(request)
    })
    return request
  }

  function followTraced(request: ClientRequest, { call, progress }: TracedRequest): void {
    followRequest(request, progress)
    // Uses the path of the request, because other code may have changed the arguments.
    if (!request.headersSent) changeHeadersLate(request, createHeaderChange(progress, receiverOf(call, request.path)))
  }

  /** Begins the point of a request that no wrapped function created. Returns the headers to write. */
  function traceUnprepared(request: ClientRequest, headers: unknown): unknown {
    const traced = traceRequest(request)
    if (traced === undefined) return headers
    const { call, progress } = traced
    followRequest(request, progress)
    const change = createHeaderChange(progress, receiverOf(call, request.path))
    if (Array.isArray(headers)) return changeHeaders(headers, change)?.headers ?? headers
    // `headers` is the object in which Node stores the request's headers, so this call also changes `headers`.
    if (headers) changeHeadersNow(request, change)
    return headers
  }

  function receiverOf(call: HttpCall, sentTarget?: string): Receiver {
    if (call.method === 'CONNECT') return undefined
    const [asked = '', ...others] = listReceivers(call, sentTarget, isHostOnly)
    if (![asked, ...others].every(mayReceive)) return undefined
    return typeof asked === 'string' ? '' : normalizeHost(asked)
  }

  function onRequest({ request }: { readonly request: ClientRequest }): void {
    const traced = traceRequest(request)
    if (traced !== undefined) followTraced(request, traced)
  }

  const aroundHead: Around = (proceed, self, [line, headers]) =>
    proceed([line, tryOrUndefined(() => traceUnprepared(self as ClientRequest, headers)) ?? headers])

  return undoAll([
    wrapFunctions(http, 'http', sendTraced),
    wrapFunctions(https, 'https', sendTraced),
    wrapMethod(http.ClientRequest.prototype, '_storeHeader', aroundHead),
    listen({
      [HAS_CREATED_CHANNEL ? 'http.client.request.created' : 'http.client.request.start']: onRequest,
      'http.client.request.error': onError,
      'http.client.response.finish': onResponse,
    }),
    guardHttp2Headers(settings),
  ])
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
/** The channel exists in Node 22.12 and later versions of Node 22, and in Node 23.2 and later. */
const HAS_CREATED_CHANNEL = major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12)

type SendRequest = (proceed: Proceed, args: unknown[], scheme: Scheme) => unknown

function wrapFunctions(module: typeof http | typeof https, scheme: Scheme, send: SendRequest): () => void {
  const { request } = module
  return wrapBuiltin(module, {
    request: (proceed, _self, args) => send(proceed, args, scheme),
    // Node's own `get` would send the head before a header could be added.
    get(proceed, self, args) {
      if (get() === undefined || opening.requests) return proceed(args)
      const sent = send(given => Reflect.apply(request, self, given), args, scheme) as ClientRequest
      sent.end()
      return sent
    },
  })
}

/** True while a request is being created for a point that has already begun. Shared by all copies of this package. */
const opening = shared('instruments.opening', () => ({ requests: false }))

/**
 * Runs `fn`. Requests made during this time, such as an agent's request that opens a tunnel, belong to the current
 * point.
 */
function runWhileOpening<T>(fn: () => T): T {
  opening.requests = true
  try {
    return fn()
  } finally {
    opening.requests = false
  }
}

function startPoint(profiler: Profiler, call: HttpCall): TracedRequest {
  const request = toOutgoingRequest(call)
  const point = profiler.startBeside(request.scheme, describeRequest(request))
  return { call, progress: new RequestProgress(point) }
}

function traceRequest(request: ClientRequest): TracedRequest | undefined {
  const profiler = get()
  if (profiler === undefined || opening.requests || !markTraced(request)) return undefined
  return startPoint(profiler, readCallOfRequest(request))
}

function createHeaderChange(progress: RequestProgress, receiver: Receiver): ChangeHeaders {
  return (found, limits) => {
    const changed = changeTraceHeaders(progress.point, found, limits, receiver)
    progress.noteSigned(changed?.isOurs ?? false)
    return changed
  }
}

/** Returns `undefined` if `fn` throws, because an error in our code must not reach the program. */
function tryOrUndefined<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}
