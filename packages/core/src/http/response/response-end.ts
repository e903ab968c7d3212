import type { SlowBody } from './sent-body.js'

/**
 * How a response ended. `well` means that the response was sent completely. The other values mean that the client, the
 * server, a timeout or an error ended the response early.
 */
export type ResponseEnd = 'well' | 'client' | 'server' | 'timeout' | { readonly error: unknown }

/** A response that is watched to its end. */
export interface WatchedResponse {
  /** How the response ended, if it ended before the watch began. In that case, no event follows. */
  readonly earlyEnd: ResponseEnd | undefined
  /** Returns whether the client has left, which may be the cause of any later failure. */
  hasClientLeft(): boolean
  /** Returns the status code that was sent, or `undefined` if no head was sent. */
  sentStatus(end: ResponseEnd): number | undefined
  /** Returns the time and size of a slow body, or `undefined` if the body was sent at once. */
  slowBody(end: ResponseEnd): SlowBody | undefined
  /** Stops watching objects that outlive the response, such as its connection. */
  unwatch(): void
}

/** Callbacks for a watched response. They must not throw. */
export interface ResponseWatcher {
  ended(determineEnd: () => ResponseEnd): void
  /** Called when the application ends the response. Not called for every response. */
  answered(): void
  /** Called when a stream is piped into the response, before the stream is read. */
  piped(source: unknown): void
}

/** The info in the stop record of a response that was broken off without an error. */
export const BROKEN_OFF = {
  client: { etype: 'ClientDisconnected', message: 'The client went away' },
  server: { etype: 'ResponseAborted', message: 'The server aborted the response' },
  timeout: { etype: 'TimeoutError', message: 'The server aborted the response after a timeout' },
} as const
