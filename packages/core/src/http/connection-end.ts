import type { Socket } from 'node:net'
import { Set, WeakMap } from '../platform.js'
import { watchEvents } from '../watch-events.js'

const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `ended` when a connection is gone, unless the function that it returns was called before. Watches a
 * connection once, however many requests wait on it.
 */
export function onConnectionEnd(socket: Socket, ended: () => void): () => void {
  const all = waiting.get(socket) ?? listen(socket)
  all.add(ended)
  return () => all.delete(ended)
}

function listen(socket: Socket): Set<() => void> {
  const all = new Set<() => void>()
  waiting.set(socket, all)
  watchEvents(socket, event => {
    if (event === 'close') for (const ended of all) ended()
  })
  return all
}
