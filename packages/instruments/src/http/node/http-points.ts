import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Point } from '@osprofiler/core'
import { DOMException, Object, watchEvents } from '@osprofiler/core/toolkit'
import { unwrapAggregate } from '../../errors/unwrap-aggregate.js'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { RequestProgress } from '../request-progress.js'
import { isAbandoned, isUnread } from './unread-body.js'

interface Followed {
  readonly progress: RequestProgress
  /** The part of the request in which no connection was free. */
  readonly wait: Point | undefined
  answered: boolean
  timedOut: boolean
}

interface Answered {
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

interface Failed {
  readonly request: ClientRequest
  readonly error: unknown
}

// Kept on the request: the context at its response may be that of the connection. A `WeakMap` is slower to collect.
const FOLLOWED = Symbol('osprofiler.followed')

function read(message: object): Followed | undefined {
  return (message as { [FOLLOWED]?: Followed })[FOLLOWED]
}

/** Ends the point of a request with the request. Records the time in the agent's queue as a point `wait`. */
export function followRequest(request: ClientRequest, progress: RequestProgress): void {
  const wait = isQueued(request) ? progress.point.startInside('wait', { wait: { for: 'pool' } }) : undefined
  const followed: Followed = { progress, wait, answered: false, timedOut: false }
  defineHidden(request, FOLLOWED, followed)
  watchEvents(request, event => onRequestEvent(event, request, followed))
  if (!Object.hasOwn(request, 'destroy')) overrideRequest(request)
}

/** Tells the point of a request that the head of the response has come. */
export function onAnswer({ request, response }: Answered): void {
  const followed = read(request)
  if (followed === undefined || followed.answered) return
  const { progress } = followed
  followed.answered = true
  progress.answered(response.statusCode)
  defineHidden(response, FOLLOWED, followed)
  watchEvents(response, event => {
    if (event === 'end') progress.ended()
  })
  progress.whenTraceOver(overFor => {
    if (!isUnread(response)) {
      if (isAbandoned(response)) progress.abandoned(overFor)
    } else if (response.complete && response.readableLength === 0) progress.endedAtHead()
    else progress.unread()
  })
  if (!Object.hasOwn(response, 'destroy')) overrideAnswer(response)
}

/** Fails the point of a request that Node reports as failed. */
export function onError({ request, error }: Failed): void {
  const followed = read(request)
  if (followed !== undefined) fail(followed, error)
}

// At once, because code that destroys a request may have ended its own point before the connection closes.
const overrideRequest = createOverrides({
  destroy(proceed, self, args) {
    const response = readResponse(self as ClientRequest)
    // A response that changed the protocol is handled when it closes.
    const unfinished = response === undefined || (read(self as object)?.answered === true && !response.complete)
    const result = proceed(args)
    giveUp(self as object, args[0], response, unfinished)
    return result
  },
})
const overrideAnswer = createOverrides({
  destroy(proceed, self, args) {
    const response = self as IncomingMessage
    const unfinished = !response.complete
    const result = proceed(args)
    giveUp(response, args[0], response, unfinished)
    return result
  },
})

function giveUp(message: object, error: unknown, response: IncomingMessage | undefined, unfinished: boolean): void {
  const followed = read(message)
  if (!unfinished || !followed?.progress.point.open) return
  // A client that follows redirects itself does not need the rest of the redirecting response.
  if (!error && response !== undefined && isRedirect(response)) followed.progress.point.stop()
  else fail(followed, error ?? undefined)
}

function onRequestEvent(event: string | symbol, request: ClientRequest, followed: Followed): void {
  if (event === 'socket') followed.wait?.stop()
  else if (event === 'timeout') followed.timedOut = true
  else if (event === 'close') close(followed, readResponse(request))
}

function close(followed: Followed, response: IncomingMessage | undefined): void {
  const { progress, wait, answered } = followed
  const { point } = progress
  wait?.stop()
  if (!point.open) return
  if (response === undefined) return fail(followed, undefined)
  // Node publishes no response that changes the protocol of the connection: a WebSocket, a tunnel.
  if (!answered) return progress.becameOther(response.statusCode)
  if (!response.complete) return fail(followed, response.errored ?? undefined)
  // The whole body has arrived. If nobody reads it, a reader may still come.
  if (!isUnread(response)) point.stop()
}

/** Node reports a `destroy()` without an error as a reset connection. */
function fail({ progress: { point }, wait, timedOut }: Followed, error: unknown): void {
  wait?.stop()
  const reset = error === undefined || (error as { code?: unknown } | null)?.code === 'ECONNRESET'
  if (timedOut && reset) return point.fail(new DOMException('The request timed out', 'TimeoutError'))
  point.fail(unwrapAggregate(error) ?? new DOMException('The request was given up', 'AbortError'))
}

function isQueued(request: ClientRequest): boolean {
  const { requests } = (request as { agent?: { requests?: Record<string, unknown[]> } }).agent ?? {}
  for (const name in requests) {
    if (requests[name]?.at(-1) === request) return true
  }
  return false
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined
}

function readResponse(request: ClientRequest): IncomingMessage | undefined {
  return (request as { res?: IncomingMessage | null }).res ?? undefined
}
