import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Point, PointInfo } from '@osprofiler/core'
import { DOMException, Object, watchEvents } from '@osprofiler/core/toolkit'
import { unwrapAggregate } from '../../errors/unwrap-aggregate.js'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { RequestProgress } from '../request-progress.js'
import { isAbandoned, isUnread } from './unread-body.js'
import { watchConnecting } from './watch-connecting.js'

interface FollowedRequest {
  readonly progress: RequestProgress
  /** The point for the time that the request waited for a free connection. */
  readonly wait: Point | undefined
  hasResponse: boolean
  hasTimedOut: boolean
}

interface ResponseMessage {
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

interface FailureMessage {
  readonly request: ClientRequest
  readonly error: unknown
}

// The state is stored on the request, because the response may arrive in the async context of the connection, not in
// that of the request. A `WeakMap` would make garbage collection slower.
const FOLLOWED = Symbol('osprofiler.followed')

function readFollowed(message: object): FollowedRequest | undefined {
  return (message as { [FOLLOWED]?: FollowedRequest })[FOLLOWED]
}

/** Ends the point of a request when the request ends. Records the time in the agent's queue as a point named `wait`. */
export function followRequest(request: ClientRequest, progress: RequestProgress): void {
  const pool = describeQueue(request)
  const wait = pool && progress.point.startInside('wait', { wait: { for: 'pool', ...pool } })
  const followed: FollowedRequest = { progress, wait, hasResponse: false, hasTimedOut: false }
  defineHidden(request, FOLLOWED, followed)
  watchEvents(request, event => onRequestEvent(event, request, followed))
  if (!Object.hasOwn(request, 'destroy')) overrideRequestDestroy(request)
}

/** Records in the request's point that the response head has arrived. Ends the point at the end of the body. */
export function onResponse({ request, response }: ResponseMessage): void {
  const followed = readFollowed(request)
  if (followed === undefined || followed.hasResponse) return
  const { progress } = followed
  followed.hasResponse = true
  progress.noteHead(response.statusCode)
  defineHidden(response, FOLLOWED, followed)
  watchEvents(response, event => {
    if (event === 'end') progress.end()
  })
  progress.whenTraceOver(overForMs => {
    if (!isUnread(response)) {
      if (isAbandoned(response)) progress.endAbandoned(overForMs)
    } else if (response.complete && response.readableLength === 0) progress.endAtHead()
    else progress.endUnread()
  })
  if (!Object.hasOwn(response, 'destroy')) overrideResponseDestroy(response)
}

/** Fails the point of a request when Node reports an error. */
export function onError({ request, error }: FailureMessage): void {
  const followed = readFollowed(request)
  if (followed !== undefined) failRequest(followed, error)
}

// Destroying a request or a response ends the request's point at once, because the connection may close later. By then,
// the point of the code that destroys the request or response may have ended.
const overrideRequestDestroy = createOverrides({
  destroy(proceed, self, args) {
    const response = readResponse(self as ClientRequest)
    // A response that changes the protocol is handled when it closes.
    const isUnfinished =
      response === undefined || (readFollowed(self as object)?.hasResponse === true && !response.complete)
    const result = proceed(args)
    endAtDestroy(self as object, args[0], response, isUnfinished)
    return result
  },
})
const overrideResponseDestroy = createOverrides({
  destroy(proceed, self, args) {
    const response = self as IncomingMessage
    const isUnfinished = !response.complete
    const result = proceed(args)
    endAtDestroy(response, args[0], response, isUnfinished)
    return result
  },
})

function endAtDestroy(
  message: object,
  error: unknown,
  response: IncomingMessage | undefined,
  isUnfinished: boolean,
): void {
  const followed = readFollowed(message)
  if (!isUnfinished || !followed?.progress.point.open) return
  // A client that follows redirects itself destroys the redirect response without reading it, so this is not a failure.
  if (!error && response !== undefined && isRedirect(response)) followed.progress.point.stop()
  else failRequest(followed, error ?? undefined)
}

function onRequestEvent(event: string | symbol, request: ClientRequest, followed: FollowedRequest): void {
  if (event === 'socket') onSocket(request, followed)
  else if (event === 'timeout') followed.hasTimedOut = true
  else if (event === 'close') endAtClose(followed, readResponse(request))
}

function onSocket({ socket }: ClientRequest, { progress, wait }: FollowedRequest): void {
  wait?.stop()
  if (!progress.point.open || !progress.point.recorded) return
  try {
    if (socket !== null) watchConnecting(socket, times => progress.noteConnection(times))
  } catch {
    // The program's own agent may return any kind of socket, so errors are ignored here.
  }
}

function endAtClose(followed: FollowedRequest, response: IncomingMessage | undefined): void {
  const { progress, wait, hasResponse } = followed
  const { point } = progress
  wait?.stop()
  if (!point.open) return
  if (response === undefined) return failRequest(followed, undefined)
  // Node's diagnostics channel does not report a response that changes the connection's protocol, for example to a
  // WebSocket or a tunnel.
  if (!hasResponse) return progress.endUpgraded(response.statusCode)
  if (!response.complete) return failRequest(followed, response.errored ?? undefined)
  // The whole body has arrived. If the program has not read the body yet, the program may still do so, and the point
  // stays open.
  if (!isUnread(response)) point.stop()
}

/**
 * Fails the point of a request. Node reports a `destroy()` without an error as a reset connection, so a reset after a
 * timeout is recorded as the timeout.
 */
function failRequest({ progress: { point }, wait, hasTimedOut }: FollowedRequest, error: unknown): void {
  wait?.stop()
  const isReset = error === undefined || (error as { code?: unknown } | null)?.code === 'ECONNRESET'
  if (hasTimedOut && isReset) return point.fail(new DOMException('The request timed out', 'TimeoutError'))
  point.fail(unwrapAggregate(error) ?? new DOMException('The request was aborted', 'AbortError'))
}

interface QueueingAgent {
  readonly requests?: Record<string, unknown[]>
  readonly sockets?: Record<string, unknown[]>
  readonly maxSockets?: number
}

/**
 * Returns the state of the agent's queue, or `undefined` if the request is not in the queue. `max` is omitted if
 * `maxTotalSockets` is the limit, because connections to other hosts count toward that limit too.
 */
function describeQueue(request: ClientRequest): PointInfo | undefined {
  const { requests, sockets, maxSockets } = (request as { agent?: QueueingAgent }).agent ?? {}
  for (const name in requests) {
    const queue = requests[name]
    if (queue?.at(-1) !== request) continue
    const isFull = maxSockets !== undefined && (sockets?.[name]?.length ?? 0) >= maxSockets
    return { max: isFull ? maxSockets : undefined, waiting: queue.length - 1 }
  }
  return undefined
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined
}

function readResponse(request: ClientRequest): IncomingMessage | undefined {
  return (request as { res?: IncomingMessage | null }).res ?? undefined
}
