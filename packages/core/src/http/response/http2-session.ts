import type { Http2Session } from 'node:http2'
import { WeakMap } from '../../platform/platform.js'
import { watchEvents } from '../../wrapping/watch-events.js'
import { isNetworkError } from './network-error.js'
import { createTimeoutMark, type TimeoutMark } from './timeout-mark.js'

interface SessionState {
  /** Whether the client reported an error, after which Node closes all streams. */
  hasClientError: boolean
  readonly timeout: TimeoutMark
}

const sessions = new WeakMap<Http2Session, SessionState>()

/** Watches an HTTP/2 session, but only once, even if the session serves many requests. */
export function watchSession(session: Http2Session): void {
  if (sessions.has(session)) return
  const state: SessionState = { hasClientError: false, timeout: createTimeoutMark() }
  sessions.set(session, state)
  watchEvents(session, (event, code) => {
    if (event === 'goaway') state.hasClientError ||= code !== 0
    else if (event === 'timeout') state.timeout.note()
  })
}

/** Returns whether the session timed out a moment ago, so that the timeout explains why the session ends now. */
export function hasTimedOut(session: Http2Session | undefined): boolean {
  return session !== undefined && sessions.get(session)?.timeout.isRecent() === true
}

/** Returns whether the other side has ended the session or its connection. */
export function hasPeerLeft(session: Http2Session | undefined): boolean {
  if (session === undefined) return true
  if (sessions.get(session)?.hasClientError) return true
  const socket = socketOf(session)
  if (socket === undefined) return !session.destroyed
  return socket.readableEnded || isNetworkError(socket.errored)
}

/** Returns the socket of a session, or `undefined` once the session has released it. */
function socketOf(session: Http2Session): Http2Session['socket'] | undefined {
  try {
    const { socket } = session
    // A session that has released its socket throws here.
    return typeof socket.destroyed === 'boolean' ? socket : undefined
  } catch {
    return undefined
  }
}
