import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { watchEvents } from '../wrapping/watch-events.js'
import { type Connection, watchConnection } from './http1-connection.js'
import { isCanceled } from './network-error.js'
import type { ResponseEnd, ResponseWatcher, WatchedResponse } from './response-end.js'

/** What Node's requests have beside their types. */
interface Http1Request extends IncomingMessage {
  /** Whether Node handed the connection to a listener for "upgrade" or "connect". */
  readonly upgrade?: boolean
}

/** What Node's responses have beside their types. A response that is not Node's may lack any member. */
interface Http1Response extends ServerResponse {
  /** Whether the head left the response: `headersSent` says only that the head was made. */
  readonly _headerSent?: boolean
}

/**
 * Watches a response of HTTP/1, or one of a make of its own that behaves like Node's. Returns `undefined` if the response
 * cannot be watched.
 */
export function watchHttp1(
  req: Http1Request,
  res: Http1Response,
  watcher: ResponseWatcher,
): WatchedResponse | undefined {
  // A pipelined response waits for its turn without a socket, and Node 20 and 22 do not tell it when that is gone.
  const socket = (res.socket ?? req.socket) as Socket | null | undefined
  const connection = isEmitter(socket) ? watchConnection(socket) : undefined
  const bytesBefore = socket?.bytesWritten ?? 0
  let emitted: unknown

  function howEnded(): ResponseEnd {
    // Node takes the socket from a response that it has finished.
    if (res.writableFinished && res.socket === null && !connection?.cutOff) return 'well'
    const { errored } = (socket ?? {}) as { errored?: unknown }
    const socketError = isCanceled(errored) ? undefined : errored
    const error: unknown = res.errored ?? emitted
    // The socket has the very error of the response if the response was destroyed with the error first.
    // A gateway destroys the request with an error of its other end.
    const destroyedFirst = socketError != null && (error === socketError || req.errored === socketError)
    if (!destroyedFirst && hasClientLeft(req, connection)) {
      return req.upgrade && socketError == null ? 'well' : 'client'
    }
    if (error != null) return { error }
    if (connection?.timedOut() || isRequestTimeout(socketError)) return 'timeout'
    // What a connection fails with after this side has ended it is not why it ended.
    if (socketError != null && !connection?.endedHere) return { error: socketError }
    return wasTakenOver(req, res, connection, bytesBefore) ? 'well' : 'server'
  }

  const watched = watchEvents(res, (event, argument) => {
    if (event === 'finish') watcher.ended(connection?.cutOff ? howEnded : () => 'well')
    else if (event === 'close') watcher.ended(howEnded)
    // Inside the call that ends the response: a framework has not restored its marks on the request yet.
    else if (event === 'prefinish') watcher.answered()
    else if (event === 'pipe') watcher.piped(argument)
    else if (event === 'error') emitted ??= argument
  })
  if (!watched) return undefined

  const over = isOver(req, res) ? howEnded() : undefined
  return {
    over,
    clientLeft: () => hasClientLeft(req, connection),
    sentStatus(end) {
      const sent = res.headersSent && res._headerSent !== false && res.socket !== null
      return sent || (end === 'well' && isEnded(res)) ? res.statusCode : undefined
    },
    leave: connection?.onClose(() => watcher.ended(howEnded)) ?? (() => {}),
  }
}

function isEmitter(socket: Socket | null | undefined): socket is Socket {
  return typeof socket?.emit === 'function'
}

/** Whether the response is over already, so that no event will tell. */
function isOver(req: Http1Request, res: ServerResponse): boolean {
  if (res.destroyed || res.closed) return true
  return res.socket === null && req.socket?.destroyed === true
}

function hasClientLeft(req: Http1Request, connection: Connection | undefined): boolean {
  // Where there is no connection, only the request can tell.
  return connection?.clientLeft() ?? req.aborted === true
}

function isRequestTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_HTTP_REQUEST_TIMEOUT'
}

/** Whether the program spoke over the connection by itself, in place of the response, and was done. */
function wasTakenOver(
  req: Http1Request,
  res: ServerResponse,
  connection: Connection | undefined,
  bytesBefore: number,
): boolean {
  if (req.upgrade) return true
  const spoke = !res.headersSent && req.complete && (req.socket?.bytesWritten ?? 0) > bytesBefore
  return spoke && connection?.endedHere === true
}

/** Whether the program ended the response, and did not take its connection over. */
function isEnded(res: ServerResponse): boolean {
  return res.headersSent !== false || res.writableEnded || res.finished
}
