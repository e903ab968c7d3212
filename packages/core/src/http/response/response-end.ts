/** How a response ended: well, or broken off by its client, or by the server itself, its time-out or its error. */
export type ResponseEnd = 'well' | 'client' | 'server' | 'timeout' | { readonly error: unknown }

/** A response that is watched to its end. */
export interface WatchedResponse {
  /** How the response ended, if it ended before the watch began. No event follows then. */
  readonly earlyEnd: ResponseEnd | undefined
  /** Returns whether the client has left, which may cause any later failure. */
  hasClientLeft(): boolean
  /** Returns the status in the head of the response, or `undefined` if no head was sent. */
  sentStatus(end: ResponseEnd): number | undefined
  /** Stops watching what outlives the response. */
  unwatch(): void
}

/** Callbacks for a watched response. They must not throw. */
export interface ResponseWatcher {
  ended(determineEnd: () => ResponseEnd): void
  /** Called when the program ends the response, but not for every response. */
  answered(): void
  /** Called when a stream is piped into the response, before the stream is read. */
  piped(source: unknown): void
}

/** The info in the stop record of a response that was broken off, but not by an error. */
export const BROKEN_OFF = {
  client: { etype: 'ClientDisconnected', message: 'The client went away' },
  server: { etype: 'ResponseAborted', message: 'The server broke the response off' },
  timeout: { etype: 'TimeoutError', message: 'A time-out of the server broke the response off' },
} as const
