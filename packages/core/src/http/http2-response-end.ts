import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import { Number, Reflect } from '../platform/platform.js'
import { overrideMethod } from '../wrapping/override-method.js'
import { watchEvents } from '../wrapping/watch-events.js'
import { hasPeerLeft, hasTimedOut, watchSession } from './http2-session.js'
import type { ResponseEnd, ResponseWatcher, WatchedResponse } from './response-end.js'
import { createTimeoutMark } from './timeout-mark.js'

/** The stream of a response of HTTP/2, or `undefined` for a response of HTTP/1. */
export function streamOf(res: object): ServerHttp2Stream | undefined {
  const { stream } = res as { stream?: Partial<ServerHttp2Stream> | null }
  return typeof stream?.rstCode === 'number' ? (stream as ServerHttp2Stream) : undefined
}

/**
 * Watches a response of HTTP/2 by its stream, on which a program may also answer directly. The response itself tells its
 * end late, and not at all for some HEAD requests.
 */
export function watchHttp2(
  res: Http2ServerResponse,
  stream: ServerHttp2Stream,
  watcher: ResponseWatcher,
): WatchedResponse | undefined {
  const { session } = stream
  if (session !== undefined) watchSession(session)
  let brokenBy: 'client' | 'server' | undefined
  const timeout = createTimeoutMark()
  let timedOut = false

  function howEnded(): ResponseEnd {
    if (stream.rstCode === 0 && !stream.aborted && stream.headersSent && stream.writableFinished) return 'well'
    if (brokenBy !== 'server') return 'client'
    const { errored } = stream
    if (errored != null && !isResetCode(errored)) return { error: errored }
    return timedOut ? 'timeout' : 'server'
  }

  /** Before the first call for a stream that is open. Node calls the methods as well when the connection is gone. */
  function breaks(): void {
    if (stream.closed || stream.destroyed || brokenBy !== undefined) return
    brokenBy = hasPeerLeft(session) ? 'client' : 'server'
    timedOut = timeout.isRecent() || hasTimedOut(session)
  }

  const watched =
    watchEvents(stream, (event, argument) => {
      if (event === 'close') watcher.ended(howEnded)
      else if (event === 'pipe') watcher.piped(argument)
      else if (event === 'timeout') timeout.note()
    }) && watchEvents(res, (event, argument) => event === 'pipe' && watcher.piped(argument))
  if (!watched) return undefined
  for (const name of ['close', 'destroy']) {
    overrideMethod(stream, name, (original, self, args) => {
      breaks()
      return Reflect.apply(original, self, args)
    })
  }

  return {
    over: stream.destroyed ? howEnded() : undefined,
    clientLeft: () => (brokenBy === undefined ? stream.closed || hasPeerLeft(session) : brokenBy === 'client'),
    sentStatus() {
      if (!stream.headersSent) return undefined
      return Number(stream.sentHeaders?.[':status'] ?? res.statusCode)
    },
    leave() {},
  }
}

/** Whether Node made an error of the code with which the stream was closed. */
function isResetCode(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_HTTP2_STREAM_ERROR'
}
