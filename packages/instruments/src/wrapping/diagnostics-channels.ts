import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Object } from '@osprofiler/core/toolkit'

/** Name of a channel of `node:diagnostics_channel` to which instruments listen. */
export type Channel =
  // Fastify creates a server.
  | 'fastify.initialization'
  // Node creates a request (22.12, 23.2), sends it, sees it fail, or receives the head of its response.
  | 'http.client.request.created'
  | 'http.client.request.start'
  | 'http.client.request.error'
  | 'http.client.response.finish'
  // redis 5.12 has a connection ready.
  | 'node-redis:connection:ready'
  // `fetch` or undici (from 5) creates a request, receives the head or the end of its response, or sees it fail.
  | 'undici:request:create'
  | 'undici:request:headers'
  | 'undici:request:trailers'
  | 'undici:request:error'

/** Subscribes each listener to its channel. Returns a function that unsubscribes them all. */
export function listen(listeners: { readonly [C in Channel]?: (message: never) => void }): () => void {
  const guarded = Object.entries(listeners).map(([channel, listener]) => [channel, ignoreErrors(listener)] as const)
  for (const [channel, listener] of guarded) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of guarded) unsubscribe(channel, listener)
  }
}

/** Ignores what a listener throws, because the error would end the program. The observed call goes on untraced. */
function ignoreErrors(listener: (message: never) => void): (message: unknown) => void {
  return message => {
    try {
      listener(message as never)
    } catch {}
  }
}
