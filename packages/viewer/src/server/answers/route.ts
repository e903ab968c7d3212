import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request that was admitted. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
}

/** What answers at a path, and the one method by which it does (`HEAD` goes with `GET`). */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** @throws Refusal for what the browser is told; anything else is told to nobody but `onError` */
  readonly handle: (exchange: Exchange) => Promise<void> | void
}

/** A route that only reads. */
export function get(handle: Route['handle']): Route {
  return { method: 'GET', handle }
}
