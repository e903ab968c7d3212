import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { get, type Point, type Profiler } from '@osprofiler/core'
import { Array, globalObject, Number, Object, process, Reflect } from '@osprofiler/core/toolkit'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { looksAtHostOnly } from '../../propagation/propagate-to.js'
import { changeTraceHeaders } from '../../propagation/trace-header-change.js'
import { defineHidden } from '../../wrapping/override-methods.js'
import { type Method, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
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
import { createHttpPoints } from './http-points.js'
import { guardHttp2Headers } from './http2-headers.js'

type Scheme = HttpCall['scheme']

/** A request whose point has begun, before Node makes it. */
interface Begun {
  readonly call: HttpCall
  readonly point: Point
  readonly times: RequestProgress
  /** What Node is given: the program's arguments, or some in which the headers are changed already. */
  readonly args: unknown[]
  /** Whether the headers of the point are among those arguments. */
  readonly carrying: boolean
}

/**
 * Makes the requests of `node:http` and `node:https`, and so those of axios, got, node-fetch and superagent, points
 * named `http` or `https`, from the call to the last byte of the answer, and sends the trace on to whom it may be sent.
 *
 * The functions are wrapped on every Node: only their arguments say which port is meant, and hold headers that Node
 * writes at once. What was taken out of the module before (`const { request } = require('http')`), and what the class
 * makes, is known by a channel when it is made (on Node 20 when it has been sent), or else when its head is written.
 *
 * The point of an answer that nobody reads ends at the head of the answer. Whether somebody does is seen when the trace is
 * over.
 */
export function instrumentHttp(settings: InstrumentSettings): () => void {
  const { mayReceive } = settings
  const points = createHttpPoints()
  const hostOnly = looksAtHostOnly(mayReceive)

  function begin(profiler: Profiler, given: unknown[], scheme: Scheme): Begun {
    const args = readOnce(given)
    const read = readArguments(args, scheme)
    const { call, options } = read
    const point = beginPoint(profiler, call)
    const times = new RequestProgress(point)
    const { headers } = options
    const changed = areWrittenAtOnce(headers) ? changeHeaders(headers, changeFor(point, mayCarry(call))) : undefined
    if (changed === undefined) return { call, point, times, args, carrying: false }
    return { call, point, times, args: withHeaders(args, read, changed.headers), carrying: changed.ours }
  }

  function send(original: Method, self: unknown, args: unknown[], scheme: Scheme): unknown {
    const profiler = get()
    if (profiler === undefined || opening.requests) return Reflect.apply(original, self, args)
    const begun = attempt(() => begin(profiler, args, scheme))
    if (begun === undefined) return Reflect.apply(original, self, args)
    try {
      const request = whileOpening(() => Reflect.apply(original, self, begun.args)) as ClientRequest
      attempt(() => {
        claimRequest(request)
        follow(request, begun)
        if (begun.carrying) hideHeaders(request)
      })
      return request
    } catch (error) {
      begun.point.fail(error)
      throw error
    }
  }

  function follow(request: ClientRequest, { call, point, times }: Omit<Begun, 'args' | 'carrying'>): void {
    points.follow(request, point, times)
    // Asked of the request, not of the arguments: others may have changed those on the way.
    if (!request.headersSent) changeHeadersLate(request, changeFor(point, mayCarry(call, request.path)))
  }

  /** Begins the point of a request that was made by other than the wrapped functions. Returns the headers to write. */
  function beginLate(request: ClientRequest, headers: unknown): unknown {
    const begun = beginOf(request)
    if (begun === undefined) return headers
    const { call, point, times } = begun
    points.follow(request, point, times)
    const change = changeFor(point, mayCarry(call, request.path))
    if (Array.isArray(headers)) return changeHeaders(headers, change)?.headers ?? headers
    // These are the ones of the request itself.
    if (headers) changeHeadersNow(request, change)
    return headers
  }

  function mayCarry(call: HttpCall, sent?: string): boolean {
    return call.method !== 'CONNECT' && receivers(call, sent, hostOnly).every(mayReceive)
  }

  function onRequest({ request }: { request: ClientRequest }): void {
    const begun = beginOf(request)
    if (begun !== undefined) follow(request, begun)
  }

  function onError({ request, error }: { request: ClientRequest; error: unknown }): void {
    points.onError(request, error)
  }

  function onAnswer({ request, response }: { request: ClientRequest; response: IncomingMessage }): void {
    points.onAnswer(request, response)
  }

  const undoFunctions = wrapFunctions(send)
  const undoHeads = wrapMethod(http.ClientRequest.prototype, '_storeHeader', (original, self, [line, headers]) => {
    const written = attempt(() => beginLate(self as ClientRequest, headers)) ?? headers
    return Reflect.apply(original, self, [line, written])
  })
  const undoChannels = listen({
    [TELLS_OF_CREATION ? 'http.client.request.created' : 'http.client.request.start']: onRequest,
    'http.client.request.error': onError,
    'http.client.response.finish': onAnswer,
  })
  return undoAll([undoFunctions, undoHeads, undoChannels, guardHttp2Headers(settings)])
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const TELLS_OF_CREATION = major > 22 || (major === 22 && minor >= 12)

type Send = (original: Method, self: unknown, args: unknown[], scheme: Scheme) => unknown

function wrapFunctions(send: Send): () => void {
  const undos = ([http, https] as const).flatMap((module, index) => {
    const scheme = index === 0 ? 'http' : 'https'
    const { request } = module
    return [
      wrapMethod(module, 'request', (original, self, args) => send(original, self, args, scheme)),
      // Not by Node's own `get`, which sends the head before anything could be added to it.
      wrapMethod(module, 'get', (original, self, args) => {
        if (get() === undefined || opening.requests) return Reflect.apply(original, self, args)
        const sent = send(request as Method, self, args, scheme) as ClientRequest
        sent.end()
        return sent
      }),
    ]
  })
  // For who has imported the functions by their names.
  syncBuiltinESMExports()
  return () => {
    undoAll(undos)()
    syncBuiltinESMExports()
  }
}

const OPENING = Symbol.for('osprofiler.instruments.opening')
const opening = openState()

/** Of all copies of this package: whether a request is being made whose point has begun. */
function openState(): { requests: boolean } {
  const holder = globalObject as { [OPENING]?: { requests: boolean } }
  if (holder[OPENING] === undefined) Object.defineProperty(holder, OPENING, { value: { requests: false } })
  return holder[OPENING] ?? { requests: false }
}

const CLAIMED = Symbol.for('osprofiler.instruments.http')

/** As `markTaken`, with a mark on the request itself: a set of weak keys costs the collector more than that. */
function claimRequest(request: ClientRequest & { [CLAIMED]?: true }): boolean {
  if (request[CLAIMED]) return false
  return defineHidden(request, CLAIMED, true)
}

/** What an agent asks a proxy for while it opens a connection is a part of the request as well. */
function whileOpening<T>(fn: () => T): T {
  opening.requests = true
  try {
    return fn()
  } finally {
    opening.requests = false
  }
}

function beginPoint(profiler: Profiler, call: HttpCall): Point {
  const request = outgoingRequest(call)
  return profiler.startBeside(request.scheme, describeRequest(request))
}

/** Begins the point of a request that exists; `undefined` where there is no trace, or the point has begun. */
function beginOf(request: ClientRequest): Omit<Begun, 'args' | 'carrying'> | undefined {
  const profiler = get()
  if (profiler === undefined || opening.requests || !claimRequest(request)) return undefined
  const call = callOfRequest(request)
  const point = beginPoint(profiler, call)
  return { call, point, times: new RequestProgress(point) }
}

function changeFor(point: Point, allowed: boolean): ChangeHeaders {
  return (found, seal) => changeTraceHeaders(point, found, seal, allowed)
}

/** We are a guest: what fails here must not be felt. */
function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined
  }
}

function listen(listeners: Record<string, (message: never) => void>): () => void {
  const harmless = Object.entries(listeners).map(
    ([channel, listener]) => [channel, (message: unknown) => attempt(() => listener(message as never))] as const,
  )
  for (const [channel, listener] of harmless) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of harmless) unsubscribe(channel, listener)
  }
}
