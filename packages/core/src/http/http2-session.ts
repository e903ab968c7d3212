import type { Http2Session } from 'node:http2'
import { WeakMap } from '../platform/platform.js'
import { watchEvents } from '../wrapping/watch-events.js'
import { isNetworkError } from './network-error.js'
import { createTimeoutMark, type TimeoutMark } from './timeout-mark.js'

interface SessionState {
  /** The client told of an error of its own, and Node closes all streams. */
  refused: boolean
  readonly timeout: TimeoutMark
}

const sessions = new WeakMap<Http2Session, SessionState>()

/** Watches a session of HTTP/2 once, however many requests come over it. */
export function watchSession(session: Http2Session): void {
  if (sessions.has(session)) return
  const state: SessionState = { refused: false, timeout: createTimeoutMark() }
  sessions.set(session, state)
  watchEvents(session, (event, code) => {
    if (event === 'goaway') state.refused ||= code !== 0
    else if (event === 'timeout') state.timeout.note()
  })
}

/** Whether a session that ends now ends because of a time-out. */
export function hasTimedOut(session: Http2Session | undefined): boolean {
  return session !== undefined && sessions.get(session)?.timeout.isRecent() === true
}

/** Whether the other side has ended the session or its connection. */
export function hasPeerLeft(session: Http2Session | undefined): boolean {
  if (session === undefined) return true
  if (sessions.get(session)?.refused) return true
  const socket = socketOf(session)
  if (socket === undefined) return !session.destroyed
  return socket.readableEnded || isNetworkError(socket.errored)
}

/** The socket of a session, until the session gives the socket up. */
function socketOf(session: Http2Session): Http2Session['socket'] | undefined {
  try {
    const { socket } = session
    // A socket that was given up throws here.
    return typeof socket.destroyed === 'boolean' ? socket : undefined
  } catch {
    return undefined
  }
}
