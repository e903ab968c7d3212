import http, { type ClientRequest } from 'node:http'
import https from 'node:https'
import { get, type Profiler } from '@osprofiler/core'
import { Array, Number, process, Reflect, shared } from '@osprofiler/core/toolkit'
import { wrapBuiltin } from '../../loading/wrap-builtin.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { failIfThrown } from '../../points/end-step.js'
import { markTaken } from '../../points/mark-taken.js'
import { looksAtHostOnly } from '../../propagation/propagate-to.js'
import { changeTraceHeaders } from '../../propagation/trace-header-change.js'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { type Around, type Proceed, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
import { describeRequest } from '../describe-request.js'
import { RequestProgress } from '../request-progress.js'
import {
  callOfRequest,
  type HttpCall,
  outgoingRequest,
  readArguments,
  readOnce,
  receivers,
  withHeaders,
} from './http-call.js'
import {
  areWrittenAtOnce,
  type ChangeHeaders,
  changeHeaders,
  changeHeadersLate,
  changeHeadersNow,
  hideHeaders,
} from './http-headers.js'
import { followRequest, onAnswer, onError } from './http-points.js'
import { guardHttp2Headers } from './http2-headers.js'

type Scheme = HttpCall['scheme']

interface Begun {
  readonly call: HttpCall
  readonly progress: RequestProgress
}

/** A request whose point begins before Node makes the request. */
interface BegunBefore extends Begun {
  /** The arguments of the program, perhaps with other headers. */
  readonly args: unknown[]
  readonly carrying: boolean
}

/**
 * Records the requests of `node:http` and `node:https`, and therefore of axios, got, node-fetch and superagent, as
 * points named `http` or `https`. A point lasts from the call to the last byte of the response. If nobody reads the
 * body once the trace is over, the point ends at the response's head. Allowed receivers get the trace headers.
 *
 * Wraps the functions on every Node: only their arguments show the port, and the headers that Node writes at once. A
 * channel reports requests of the class, or of a function taken out before (`const { request } = require('http')`),
 * when they are made (on Node 20, sent). The others are seen when their head is written.
 */
export function instrumentHttp(settings: InstrumentSettings): () => void {
  const { mayReceive } = settings
  const hostOnly = looksAtHostOnly(mayReceive)

  function begin(profiler: Profiler, given: unknown[], scheme: Scheme): BegunBefore {
    const args = readOnce(given)
    const read = readArguments(args, scheme)
    const begun = beginPoint(profiler, read.call)
    const { headers } = read.options
    const unchanged = { ...begun, args, carrying: false }
    if (!areWrittenAtOnce(headers)) return unchanged
    const changed = changeHeaders(headers, changeFor(begun.progress, mayCarry(read.call)))
    return changed === undefined
      ? unchanged
      : { ...begun, args: withHeaders(args, read, changed.headers), carrying: changed.ours }
  }

  function send(proceed: Proceed, args: unknown[], scheme: Scheme): unknown {
    const profiler = get()
    if (profiler === undefined || opening.requests) return proceed(args)
    const begun = attempt(() => begin(profiler, args, scheme))
    if (begun === undefined) return proceed(args)
    const request = failIfThrown(begun.progress.point, () => whileOpening(() => proceed(begun.args))) as ClientRequest
    attempt(() => {
      markTaken(request)
      follow(request, begun)
      if (begun.carrying) hideHeaders(request)
    })
    return request
  }

  function follow(request: ClientRequest, { call, progress }: Begun): void {
    followRequest(request, progress)
    // Uses the path of the request, because other code may have changed the arguments.
    if (!request.headersSent) changeHeadersLate(request, changeFor(progress, mayCarry(call, request.path)))
  }

  /** Begins the point of a request that no wrapped function has made. Returns the headers to write. */
  function beginLate(request: ClientRequest, headers: unknown): unknown {
    const begun = beginOf(request)
    if (begun === undefined) return headers
    const { call, progress } = begun
    followRequest(request, progress)
    const change = changeFor(progress, mayCarry(call, request.path))
    if (Array.isArray(headers)) return changeHeaders(headers, change)?.headers ?? headers
    // These are the headers of the request itself, so they show the change.
    if (headers) changeHeadersNow(request, change)
    return headers
  }

  function mayCarry(call: HttpCall, sent?: string): boolean {
    return call.method !== 'CONNECT' && receivers(call, sent, hostOnly).every(mayReceive)
  }

  function onRequest({ request }: { readonly request: ClientRequest }): void {
    const begun = beginOf(request)
    if (begun !== undefined) follow(request, begun)
  }

  const aroundHead: Around = (proceed, self, [line, headers]) =>
    proceed([line, attempt(() => beginLate(self as ClientRequest, headers)) ?? headers])

  return undoAll([
    wrapFunctions(http, 'http', send),
    wrapFunctions(https, 'https', send),
    wrapMethod(http.ClientRequest.prototype, '_storeHeader', aroundHead),
    listen({
      [TELLS_OF_CREATION ? 'http.client.request.created' : 'http.client.request.start']: onRequest,
      'http.client.request.error': onError,
      'http.client.response.finish': onAnswer,
    }),
    guardHttp2Headers(settings),
  ])
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
/** Node has the channel from 22.12 and from 23.2 on. */
const TELLS_OF_CREATION = major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12)

type Send = (proceed: Proceed, args: unknown[], scheme: Scheme) => unknown

function wrapFunctions(module: typeof http | typeof https, scheme: Scheme, send: Send): () => void {
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

/** Whether a request is being made whose point has begun. Shared by all copies of this package. */
const opening = shared('instruments.opening', () => ({ requests: false }))

/** A request that an agent sends to a proxy, to open a connection, is a part of the same point. */
function whileOpening<T>(fn: () => T): T {
  opening.requests = true
  try {
    return fn()
  } finally {
    opening.requests = false
  }
}

function beginPoint(profiler: Profiler, call: HttpCall): Begun {
  const request = outgoingRequest(call)
  const point = profiler.startBeside(request.scheme, describeRequest(request))
  return { call, progress: new RequestProgress(point) }
}

function beginOf(request: ClientRequest): Begun | undefined {
  const profiler = get()
  if (profiler === undefined || opening.requests || !markTaken(request)) return undefined
  return beginPoint(profiler, callOfRequest(request))
}

function changeFor({ point }: RequestProgress, allowed: boolean): ChangeHeaders {
  return (found, seal) => changeTraceHeaders(point, found, seal, allowed)
}

/** An error of ours must not reach the program. */
function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}
