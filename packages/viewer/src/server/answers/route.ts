import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request that the access check has admitted, and its response. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
}

/** The handler of a path, with the only allowed method (`GET` includes `HEAD`). */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Throws a Refusal for the browser. Any other error is reported only to `onError`. */
  readonly handle: (exchange: Exchange) => Promise<void> | void
}

/** Creates a route that changes nothing on the server. */
export function createGetRoute(handle: Route['handle']): Route {
  return { method: 'GET', handle }
}
