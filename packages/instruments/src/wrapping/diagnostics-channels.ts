import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Object } from '@osprofiler/core/toolkit'

/** The name of a channel of `node:diagnostics_channel` that instruments listen to. */
export type Channel =
  // Fastify has created a server.
  | 'fastify.initialization'
  // A request of `node:http` was created (Node 22.12, 23.2 and later), was sent, has failed, or has received the head
  // of its response.
  | 'http.client.request.created'
  | 'http.client.request.start'
  | 'http.client.request.error'
  | 'http.client.response.finish'
  // A connection of redis 5.12 is ready.
  | 'node-redis:connection:ready'
  // `fetch` or undici (5 and later) has created a request, has received the head or the end of its response, or has
  // reported its failure.
  | 'undici:request:create'
  | 'undici:request:headers'
  | 'undici:request:trailers'
  | 'undici:request:error'
  // undici begins to open a connection, has opened it, has failed to open it, or sends the head of a request on it.
  | 'undici:client:beforeConnect'
  | 'undici:client:connected'
  | 'undici:client:connectError'
  | 'undici:client:sendHeaders'

/** Subscribes each listener to its channel. Returns a function that unsubscribes all of them. */
export function listen(listeners: { readonly [C in Channel]?: (message: never) => void }): () => void {
  const guarded = Object.entries(listeners).map(([channel, listener]) => [channel, ignoreErrors(listener)] as const)
  for (const [channel, listener] of guarded) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of guarded) unsubscribe(channel, listener)
  }
}

/** Ignores errors that a listener throws, because they would end the program. The observed call continues untraced. */
function ignoreErrors(listener: (message: never) => void): (message: unknown) => void {
  return message => {
    try {
      listener(message as never)
    } catch {}
  }
}
