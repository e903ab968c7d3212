import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import { Number, Reflect } from '../../platform/platform.js'
import { overrideMethod } from '../../wrapping/override-method.js'
import { watchEvents } from '../../wrapping/watch-events.js'
import { hasPeerLeft, hasTimedOut, watchSession } from './http2-session.js'
import type { ResponseEnd, ResponseWatcher, WatchedResponse } from './response-end.js'
import { watchFirstByteOfStream } from './sent-body.js'
import { createTimeoutMark } from './timeout-mark.js'

/** Returns the stream of an HTTP/2 response, or `undefined` for HTTP/1. */
export function streamOf(res: object): ServerHttp2Stream | undefined {
  const { stream } = res as { stream?: Partial<ServerHttp2Stream> | null }
  return typeof stream?.rstCode === 'number' ? (stream as ServerHttp2Stream) : undefined
}

/** Watches an HTTP/2 response through its stream, because an application may also answer directly on the stream. */
export function watchHttp2(
  res: Http2ServerResponse,
  stream: ServerHttp2Stream,
  watcher: ResponseWatcher,
): WatchedResponse | undefined {
  // Only the stream reports the end of the response in time. The response object reports the end late, and for some
  // HEAD requests never.
  const { session } = stream
  if (session !== undefined) watchSession(session)
  let brokenBy: 'client' | 'server' | undefined
  const timeout = createTimeoutMark()
  let hasTimedOutHere = false

  function determineEnd(): ResponseEnd {
    if (stream.rstCode === 0 && !stream.aborted && stream.headersSent && stream.writableFinished) return 'well'
    if (brokenBy !== 'server') return 'client'
    const { errored } = stream
    if (errored != null && !isResetCode(errored)) return { error: errored }
    return hasTimedOutHere ? 'timeout' : 'server'
  }

  /**
   * Notes whether the client or the server breaks an open stream. Must run before the stream's methods `close` and
   * `destroy`. A call of these methods does not prove that the server breaks the stream, because Node also calls them
   * when the connection has closed.
   */
  function noteBreak(): void {
    if (stream.closed || stream.destroyed || brokenBy !== undefined) return
    brokenBy = hasPeerLeft(session) ? 'client' : 'server'
    hasTimedOutHere = timeout.isRecent() || hasTimedOut(session)
  }

  const watched =
    watchEvents(stream, (event, argument) => {
      if (event === 'close') watcher.ended(determineEnd)
      else if (event === 'pipe') watcher.piped(argument)
      else if (event === 'timeout') timeout.note()
    }) && watchEvents(res, (event, argument) => event === 'pipe' && watcher.piped(argument))
  if (!watched) return undefined
  const readFirstByteAt = watchFirstByteOfStream(stream)
  for (const name of ['close', 'destroy']) {
    overrideMethod(stream, name, (original, self, args) => {
      noteBreak()
      return Reflect.apply(original, self, args)
    })
  }

  return {
    earlyEnd: stream.destroyed ? determineEnd() : undefined,
    hasClientLeft: () => (brokenBy === undefined ? stream.closed || hasPeerLeft(session) : brokenBy === 'client'),
    sentStatus() {
      if (!stream.headersSent) return undefined
      return Number(stream.sentHeaders?.[':status'] ?? res.statusCode)
    },
    slowBody(end) {
      const firstByteAt = readFirstByteAt()
      if (firstByteAt === undefined) return undefined
      return { firstByteAt, bytes: end === 'well' ? readBodyBytes(stream) : undefined }
    },
    unwatch() {},
  }
}

/** Returns the size of a response's body from its `Content-Length`. A stream of HTTP/2 does not report the size. */
function readBodyBytes(stream: ServerHttp2Stream & { readonly headRequest?: boolean }): number | undefined {
  const bytes = Number(stream.sentHeaders['content-length'] ?? Number.NaN)
  return stream.headRequest !== true && Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Returns whether Node created the error only to report the stream's reset code. */
function isResetCode(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_HTTP2_STREAM_ERROR'
}
