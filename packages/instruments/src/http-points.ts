import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Point } from '@osprofiler/core'
import { firstCause } from './first-cause.js'
import type { RequestTimes } from './request-times.js'

/** The points of the requests under way, told by what Node says of those. */
export interface HttpPoints {
  /** Ends this point with the request. */
  follow(request: ClientRequest, point: Point, times: RequestTimes): void
  /** The head of an answer is there. */
  onAnswer(request: object, response: IncomingMessage): void
  onError(request: object, error: unknown): void
}

interface Followed {
  readonly point: Point
  readonly times: RequestTimes
  /** The part of it in which no connection was free. */
  readonly wait: Point | undefined
  answered: boolean
  timedOut: boolean
}

/** By request, and not by context: when an answer arrives, it may be in that of whoever opened the connection. */
export function createHttpPoints(): HttpPoints {
  const points = new WeakMap<object, Followed>()

  function onClose(request: ClientRequest): void {
    const followed = points.get(request)
    if (followed === undefined || !followed.point.open) return
    const { point, times } = followed
    const response = readResponse(request)
    if (response === undefined) return fail(followed, undefined)
    // Nothing is published of an answer that makes something else of the connection: a WebSocket, a tunnel.
    if (!followed.answered) {
      times.answered(response.statusCode)
      point.stop()
    } else if (response.complete) {
      point.stop()
    } else {
      fail(followed, response.errored ?? undefined)
    }
  }

  return {
    follow(request, point, times) {
      const wait = isQueued(request) ? point.startInside('wait', { wait: { for: 'pool' } }) : undefined
      const followed = { point, times, wait, answered: false, timedOut: false }
      points.set(request, followed)
      if (wait !== undefined) request.once('socket', () => wait.stop())
      request.once('timeout', () => {
        followed.timedOut = true
      })
      request.once('close', () => onClose(request))
    },
    onAnswer(request, response) {
      const followed = points.get(request)
      if (followed === undefined) return
      followed.answered = true
      followed.times.answered(response.statusCode)
      response.once('end', () => followed.times.ended())
    },
    onError(request, error) {
      const followed = points.get(request)
      if (followed !== undefined) fail(followed, error)
    },
  }
}

/** Who gives a request up without saying why, by `destroy()`, is told by Node of a connection that was reset. */
function fail({ point, wait, timedOut }: Followed, error: unknown): void {
  wait?.stop()
  const reset = error === undefined || (error as { code?: unknown } | null)?.code === 'ECONNRESET'
  if (timedOut && reset) return point.fail(new DOMException('The request timed out', 'TimeoutError'))
  point.fail(firstCause(error) ?? new DOMException('The request was given up', 'AbortError'))
}

/** Whether it waits for one of the connections of its agent, of which there may be only so many. */
function isQueued(request: ClientRequest): boolean {
  const { requests } = (request as { agent?: { requests?: Record<string, unknown[]> } }).agent ?? {}
  for (const name in requests) {
    if (requests[name]?.at(-1) === request) return true
  }
  return false
}

function readResponse(request: ClientRequest): IncomingMessage | undefined {
  return (request as { res?: IncomingMessage | null }).res ?? undefined
}
