import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { watchEvents } from '../../wrapping/watch-events.js'
import { type Connection, watchConnection } from './http1-connection.js'
import { isCanceled } from './network-error.js'
import type { ResponseEnd, ResponseWatcher, WatchedResponse } from './response-end.js'

/** Node's request, with members that its type lacks. */
interface Http1Request extends IncomingMessage {
  /** Whether Node handed the connection to a listener for "upgrade" or "connect". */
  readonly upgrade?: boolean
}

/** Node's response, with members that its type lacks. A response that is not Node's may lack any member. */
interface Http1Response extends ServerResponse {
  /** Whether the head was sent. `headersSent` only says that the head was made. */
  readonly _headerSent?: boolean
}

/** Watches an HTTP/1 response, Node's or one that behaves like it. Returns `undefined` if it cannot be watched. */
export function watchHttp1(
  req: Http1Request,
  res: Http1Response,
  watcher: ResponseWatcher,
): WatchedResponse | undefined {
  // A pipelined response waits without a socket. Node 20 and 22 do not tell the response when the socket is gone.
  const socket = (res.socket ?? req.socket) as Socket | null | undefined
  const connection = isEmitter(socket) ? watchConnection(socket) : undefined
  const bytesBefore = socket?.bytesWritten ?? 0
  let emitted: unknown

  function determineEnd(): ResponseEnd {
    // Node takes the socket from a response that it has finished.
    if (res.writableFinished && res.socket === null && !connection?.cutOff) return 'well'
    const { errored } = (socket ?? {}) as { errored?: unknown }
    const socketError = isCanceled(errored) ? undefined : errored
    const error: unknown = res.errored ?? emitted
    // The error destroyed the response before its socket. A gateway destroys the request, with an upstream error.
    const destroyedFirst = socketError != null && (error === socketError || req.errored === socketError)
    if (!destroyedFirst && hasClientLeft(req, connection)) {
      return req.upgrade && socketError == null ? 'well' : 'client'
    }
    if (error != null) return { error }
    if (connection?.hasTimedOut() || isRequestTimeout(socketError)) return 'timeout'
    // An error after this side has ended the connection is not the reason for the end.
    if (socketError != null && !connection?.endedLocally) return { error: socketError }
    return wasTakenOver(req, res, connection, bytesBefore) ? 'well' : 'server'
  }

  const watched = watchEvents(res, (event, argument) => {
    if (event === 'finish') watcher.ended(connection?.cutOff ? determineEnd : () => 'well')
    else if (event === 'close') watcher.ended(determineEnd)
    // Emitted inside the call that ends the response, before a framework restores its marks on the request.
    else if (event === 'prefinish') watcher.answered()
    else if (event === 'pipe') watcher.piped(argument)
    else if (event === 'error') emitted ??= argument
  })
  if (!watched) return undefined

  const earlyEnd = hasEnded(req, res) ? determineEnd() : undefined
  return {
    earlyEnd,
    hasClientLeft: () => hasClientLeft(req, connection),
    sentStatus(end) {
      const sent = res.headersSent && res._headerSent !== false && res.socket !== null
      return sent || (end === 'well' && isEnded(res)) ? res.statusCode : undefined
    },
    unwatch: connection?.onClose(() => watcher.ended(determineEnd)) ?? (() => {}),
  }
}

function isEmitter(socket: Socket | null | undefined): socket is Socket {
  return typeof socket?.emit === 'function'
}

/** Returns whether the response is over already, so that no event will follow. */
function hasEnded(req: Http1Request, res: ServerResponse): boolean {
  if (res.destroyed || res.closed) return true
  return res.socket === null && req.socket?.destroyed === true
}

function hasClientLeft(req: Http1Request, connection: Connection | undefined): boolean {
  // Without a connection, only the request can tell.
  return connection?.hasClientLeft() ?? req.aborted === true
}

function isRequestTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** Returns whether the program answered over the connection itself, instead of the response, and was done. */
function wasTakenOver(
  req: Http1Request,
  res: ServerResponse,
  connection: Connection | undefined,
  bytesBefore: number,
): boolean {
  if (req.upgrade) return true
  const hasAnswered = !res.headersSent && req.complete && (req.socket?.bytesWritten ?? 0) > bytesBefore
  return hasAnswered && connection?.endedLocally === true
}

/** Returns whether the program ended the response, and did not take over its connection. */
function isEnded(res: ServerResponse): boolean {
  return res.headersSent !== false || res.writableEnded || res.finished
}
