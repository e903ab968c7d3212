import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Point } from '@osprofiler/core'
import { DOMException, Object, watchEvents } from '@osprofiler/core/toolkit'
import { unwrapAggregate } from '../../errors/unwrap-aggregate.js'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { RequestProgress } from '../request-progress.js'
import { isAbandoned, isUnread } from './unread-body.js'

/** A request that is under way. */
interface Followed {
  readonly progress: RequestProgress
  /** The part of it in which no connection was free. */
  readonly wait: Point | undefined
  answered: boolean
  timedOut: boolean
}

/** What Node's channels tell. */
interface Answered {
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

interface Failed {
  readonly request: ClientRequest
  readonly error: unknown
}

// By request, and not by context: when an answer arrives, it may be in that of whoever opened the connection.
// On the message itself: a map of weak keys costs the collector much more.
const FOLLOWED = Symbol('osprofiler.followed')

function read(message: object): Followed | undefined {
  return (message as { [FOLLOWED]?: Followed })[FOLLOWED]
}

/** Ends the point of this request with the request. */
export function followRequest(request: ClientRequest, progress: RequestProgress): void {
  const wait = isQueued(request) ? progress.point.startInside('wait', { wait: { for: 'pool' } }) : undefined
  const followed: Followed = { progress, wait, answered: false, timedOut: false }
  defineHidden(request, FOLLOWED, followed)
  watchEvents(request, event => onRequestEvent(event, request, followed))
  if (!Object.hasOwn(request, 'destroy')) overrideRequest(request)
}

/** Tells the point of a request that the head of the answer is there. */
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

/** Tells the point of a request that the request has failed. */
export function onError({ request, error }: Failed): void {
  const followed = read(request)
  if (followed !== undefined) fail(followed, error)
}

// Told at once: who gives a request up may be done with its own before the connection has closed.
const overrideRequest = createOverrides({
  destroy(proceed, self, args) {
    const response = readResponse(self as ClientRequest)
    // What has become something else is told when it closes.
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
  // Who follows a redirect by itself has no use for the rest of the answer that told of it.
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
  // Nothing is published of an answer that makes something else of the connection: a WebSocket, a tunnel.
  if (!answered) return progress.becameOther(response.statusCode)
  if (!response.complete) return fail(followed, response.errored ?? undefined)
  // Its body is there as a whole, for whoever will read it.
  if (!isUnread(response)) point.stop()
}

/** Who gives a request up without saying why, by `destroy()`, is told by Node of a connection that was reset. */
function fail({ progress: { point }, wait, timedOut }: Followed, error: unknown): void {
  wait?.stop()
  const reset = error === undefined || (error as { code?: unknown } | null)?.code === 'ECONNRESET'
  if (timedOut && reset) return point.fail(new DOMException('The request timed out', 'TimeoutError'))
  point.fail(unwrapAggregate(error) ?? new DOMException('The request was given up', 'AbortError'))
}

/** Whether it waits for one of the connections of its agent, of which there may be only so many. */
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
