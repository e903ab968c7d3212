import { ClientRequest, IncomingMessage } from 'node:http'
import type { Point } from '@osprofiler/core'
import { DOMException, Object, Reflect, Symbol, watchEvents } from '@osprofiler/core/toolkit'
import { unwrapAggregate } from '../../errors/unwrap-aggregate.js'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { RequestProgress } from '../request-progress.js'
import { isAbandoned, isUnread } from './unread-body.js'

/** The points of the requests under way, told by what Node says of those. */
export interface HttpPoints {
  /** Ends this point with the request. */
  follow(request: ClientRequest, point: Point, times: RequestProgress): void
  /** The head of an answer is there. */
  onAnswer(request: object, response: IncomingMessage): void
  onError(request: object, error: unknown): void
}

interface Followed {
  readonly point: Point
  readonly times: RequestProgress
  /** The part of it in which no connection was free. */
  readonly wait: Point | undefined
  answered: boolean
  timedOut: boolean
}

/** By request, and not by context: when an answer arrives, it may be in that of whoever opened the connection. */
export function createHttpPoints(): HttpPoints {
  // On the message itself: a map of weak keys costs the collector much more.
  const followed = Symbol('osprofiler.point')
  type Marked = { [mark: symbol]: Followed | undefined }
  const read = (message: object): Followed | undefined => (message as Marked)[followed]

  // Told at once: who gives a request up may be done with its own before the connection has closed.
  const overrideRequest = createOverrides(ClientRequest.prototype, {
    destroy(original, self, args) {
      const response = readResponse(self as ClientRequest)
      // What has become something else is told when it closes.
      const unfinished = response === undefined || (read(self)?.answered === true && !response.complete)
      const result = Reflect.apply(original, self, args)
      giveUp(self, args[0], response, unfinished)
      return result
    },
  })
  const overrideAnswer = createOverrides(IncomingMessage.prototype, {
    destroy(original, self, args) {
      const response = self as IncomingMessage
      const unfinished = !response.complete
      const result = Reflect.apply(original, self, args)
      giveUp(self, args[0], response, unfinished)
      return result
    },
  })

  function giveUp(message: object, error: unknown, response: IncomingMessage | undefined, unfinished: boolean): void {
    const own = read(message)
    if (!unfinished || !own?.point.open) return
    // Who follows a redirect by itself has no use for the rest of the answer that told of it.
    if (!error && response !== undefined && isRedirect(response)) own.point.stop()
    else fail(own, error ?? undefined)
  }

  return {
    follow(request, point, times) {
      const wait = isQueued(request) ? point.startInside('wait', { wait: { for: 'pool' } }) : undefined
      const own: Followed = { point, times, wait, answered: false, timedOut: false }
      defineHidden(request, followed, own)
      watchEvents(request, event => onRequestEvent(event, request, own))
      if (!Object.hasOwn(request, 'destroy')) overrideRequest(request)
    },
    onAnswer(request, response) {
      const own = read(request)
      if (own === undefined) return
      own.answered = true
      own.times.answered(response.statusCode)
      defineHidden(response, followed, own)
      watchEvents(response, event => {
        if (event === 'end') own.times.ended()
      })
      own.times.whenTraceOver(overFor => {
        if (!isUnread(response)) {
          if (isAbandoned(response)) own.times.abandoned(overFor)
        } else if (response.complete && response.readableLength === 0) own.times.endedAtHead()
        else own.times.unread()
      })
      if (!Object.hasOwn(response, 'destroy')) overrideAnswer(response)
    },
    onError(request, error) {
      const own = read(request)
      if (own !== undefined) fail(own, error)
    },
  }
}

function onRequestEvent(event: string | symbol, request: ClientRequest, followed: Followed): void {
  if (event === 'socket') followed.wait?.stop()
  else if (event === 'timeout') followed.timedOut = true
  else if (event === 'close') close(followed, readResponse(request))
}

function close(followed: Followed, response: IncomingMessage | undefined): void {
  const { point, times, wait, answered } = followed
  wait?.stop()
  if (!point.open) return
  if (response === undefined) return fail(followed, undefined)
  // Nothing is published of an answer that makes something else of the connection: a WebSocket, a tunnel.
  if (!answered) return times.becameOther(response.statusCode)
  if (!response.complete) return fail(followed, response.errored ?? undefined)
  // Its body is there as a whole, for whoever will read it.
  if (!isUnread(response)) point.stop()
}

/** Who gives a request up without saying why, by `destroy()`, is told by Node of a connection that was reset. */
function fail({ point, wait, timedOut }: Followed, error: unknown): void {
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
