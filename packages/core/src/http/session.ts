import type { Http2Session } from 'node:http2'
import { WeakMap } from '../platform.js'
import { watchEvents } from '../watch-events.js'
import { isNetworkError } from './network-error.js'

interface SessionState {
  /** The client told of an error of its own, and Node closes all streams. */
  refused: boolean
  timedOut: boolean
}

const sessions = new WeakMap<Http2Session, SessionState>()

/** Watches a session of HTTP/2 once, however many requests come over it. */
export function watchSession(session: Http2Session): void {
  if (sessions.has(session)) return
  const state: SessionState = { refused: false, timedOut: false }
  sessions.set(session, state)
  watchEvents(session, (event, code) => {
    if (event === 'goaway') state.refused ||= code !== 0
    else if (event === 'timeout') state.timedOut = true
  })
}

/** Whether a session timed out. */
export function hasTimedOut(session: Http2Session | undefined): boolean {
  return session !== undefined && sessions.get(session)?.timedOut === true
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
