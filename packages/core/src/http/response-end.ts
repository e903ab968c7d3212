/**
 * How a response ended: well, or broken off by its client, by the server, by a time-out of the server, or by an error of
 * the server.
 */
export type ResponseEnd = 'well' | 'client' | 'server' | 'timeout' | { readonly error: unknown }

/** A response that is watched to its end. */
export interface WatchedResponse {
  /** How the response ended, if that was before the watch began: then no event tells. */
  readonly over: ResponseEnd | undefined
  /** Whether the client has left. What fails from then on may fail because of that. */
  clientLeft(): boolean
  /** The status in the head of the response, or `undefined` where no head was sent. */
  sentStatus(end: ResponseEnd): number | undefined
  /** Lets go of what outlives the response. */
  leave(): void
}

/** Told of a response while it is watched. The functions must not throw. */
export interface ResponseWatcher {
  ended(howEnded: () => ResponseEnd): void
  /** The program ends the response. Not told of every response. */
  answered(): void
  /** A stream is piped into the response, and has not been read yet. */
  piped(source: unknown): void
}

/** What a stop record says of a response that was broken off by other than an error. */
export const BROKEN_OFF = {
  client: { etype: 'ClientDisconnected', message: 'The client went away' },
  server: { etype: 'ResponseAborted', message: 'The server broke the response off' },
  timeout: { etype: 'TimeoutError', message: 'A time-out of the server broke the response off' },
} as const
