import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Object } from '@osprofiler/core/toolkit'

/** The channels of `node:diagnostics_channel` that instruments listen to. */
export type Channel =
  // fastify: a server is created.
  | 'fastify.initialization'
  // Node: a request is created (22.12), sent, has failed, or its answer has begun.
  | 'http.client.request.created'
  | 'http.client.request.start'
  | 'http.client.request.error'
  | 'http.client.response.finish'
  // redis 5.12: a connection can be used.
  | 'node-redis:connection:ready'
  // Node's `fetch`, and undici 5: a request is created, its answer has begun, has ended, or it has failed.
  | 'undici:request:create'
  | 'undici:request:headers'
  | 'undici:request:trailers'
  | 'undici:request:error'

/** Has each function told what its channel publishes. Returns a function that undoes that. */
export function listen(listeners: { readonly [C in Channel]?: (message: never) => void }): () => void {
  const harmless = Object.entries(listeners).map(([channel, listener]) => [channel, ignoreErrors(listener)] as const)
  for (const [channel, listener] of harmless) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of harmless) unsubscribe(channel, listener)
  }
}

/** A listener that throws would end the program. What the listener was told of goes on, untraced from there. */
function ignoreErrors(listener: (message: never) => void): (message: unknown) => void {
  return message => {
    try {
      listener(message as never)
    } catch {}
  }
}
