import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Number } from '../../platform/platform.js'
import { watchEvents } from '../../wrapping/watch-events.js'
import { type Connection, watchConnection } from './http1-connection.js'
import { isCanceled } from './network-error.js'
import type { ResponseEnd, ResponseWatcher, WatchedResponse } from './response-end.js'
import { watchFirstByte } from './sent-body.js'

/** Node's request, with members that its type omits. */
interface Http1Request extends IncomingMessage {
  /** Whether Node handed the connection to a listener for "upgrade" or "connect". */
  readonly upgrade?: boolean
}

/** Node's response, with members that its type omits. A response that is not Node's may lack any member. */
interface Http1Response extends ServerResponse {
  /** Whether the head was sent. `headersSent` only means that the head was created. */
  readonly _headerSent?: boolean
  /** The head, including the empty line after it. */
  readonly _header?: string | null
}

/** Watches an HTTP/1 response: Node's own, or one that behaves like it. Returns `undefined` if it cannot be watched. */
export function watchHttp1(
  req: Http1Request,
  res: Http1Response,
  watcher: ResponseWatcher,
): WatchedResponse | undefined {
  // A pipelined response waits without a socket. Node 20 and 22 do not notify such a response when the socket closes.
  const socket = (res.socket ?? req.socket) as Socket | null | undefined
  const connection = isEmitter(socket) ? watchConnection(socket) : undefined
  const bytesBefore = socket?.bytesWritten ?? 0
  // Before a pipelined response gets its connection, other responses send bytes, so the bytes of this response are
  // unknown.
  const ownsSocket = res.socket != null
  let emitted: unknown

  function determineEnd(): ResponseEnd {
    // Node detaches the socket from a finished response.
    if (res.writableFinished && res.socket === null && !connection?.cutOff) return 'well'
    const { errored } = (socket ?? {}) as { errored?: unknown }
    const socketError = isCanceled(errored) ? undefined : errored
    const error: unknown = res.errored ?? emitted
    // True if the request or the response failed first, and this failure destroyed the socket as well. For example, a
    // gateway destroys the request with an upstream error.
    const destroyedFirst = socketError != null && (error === socketError || req.errored === socketError)
    if (!destroyedFirst && hasClientLeft(req, connection)) {
      return req.upgrade && socketError == null ? 'well' : 'client'
    }
    if (error != null) return { error }
    if (connection?.hasTimedOut() || isRequestTimeout(socketError)) return 'timeout'
    // An error that occurs after this side ended the connection is not the reason for the end.
    if (socketError != null && !connection?.endedLocally) return { error: socketError }
    return wasTakenOver(req, res, connection, bytesBefore) ? 'well' : 'server'
  }

  const watched = watchEvents(res, (event, argument) => {
    if (event === 'finish') watcher.ended(connection?.cutOff ? determineEnd : () => 'well')
    else if (event === 'close') watcher.ended(determineEnd)
    // `prefinish` is emitted during the call that ends the response, before a framework restores the properties that it
    // changed on the request.
    else if (event === 'prefinish') watcher.answered()
    else if (event === 'pipe') watcher.piped(argument)
    else if (event === 'error') emitted ??= argument
  })
  if (!watched) return undefined
  const readFirstByteAt = watchFirstByte(res)

  const earlyEnd = hasEnded(req, res) ? determineEnd() : undefined
  return {
    earlyEnd,
    hasClientLeft: () => hasClientLeft(req, connection),
    sentStatus(end) {
      const sent = res.headersSent && res._headerSent !== false && res.socket !== null
      return sent || (end === 'well' && isEnded(res)) ? res.statusCode : undefined
    },
    slowBody(end) {
      const firstByteAt = readFirstByteAt()
      if (firstByteAt === undefined) return undefined
      return { firstByteAt, bytes: end === 'well' && ownsSocket ? countBodyBytes(res, socket, bytesBefore) : undefined }
    },
    unwatch: connection?.onClose(() => watcher.ended(determineEnd)) ?? (() => {}),
  }
}

/**
 * Responses on one connection follow each other. So all bytes that were sent since a response got the connection belong
 * to this response.
 */
function countBodyBytes(
  res: Http1Response,
  socket: Socket | null | undefined,
  bytesBefore: number,
): number | undefined {
  const bytes = (socket?.bytesWritten ?? Number.NaN) - bytesBefore - (res._header?.length ?? Number.NaN)
  return bytes >= 0 ? bytes : undefined
}

function isEmitter(socket: Socket | null | undefined): socket is Socket {
  return typeof socket?.emit === 'function'
}

/** Returns whether the response has already ended, so that no event will follow. */
function hasEnded(req: Http1Request, res: ServerResponse): boolean {
  if (res.destroyed || res.closed) return true
  return res.socket === null && req.socket?.destroyed === true
}

function hasClientLeft(req: Http1Request, connection: Connection | undefined): boolean {
  // Without a connection, only the request shows whether the client has left.
  return connection?.hasClientLeft() ?? req.aborted === true
}

function isRequestTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_HTTP_REQUEST_TIMEOUT'
}

/**
 * Returns whether the application took over the connection after an upgrade, or sent a complete answer directly on the
 * connection.
 */
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

/** Returns whether the application ended the response and did not take over its connection. */
function isEnded(res: ServerResponse): boolean {
  return res.headersSent !== false || res.writableEnded || res.finished
}
