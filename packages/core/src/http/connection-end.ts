import type { Socket } from 'node:net'
import { Set, WeakMap } from '../platform.js'

const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `ended` when a connection is gone, unless the function that it returns was called before. One listener a
 * connection, however many requests wait on it: from the eleventh on, Node would print a warning.
 */
export function onConnectionEnd(socket: Socket, ended: () => void): () => void {
  const all = waiting.get(socket) ?? listen(socket)
  all.add(ended)
  return () => all.delete(ended)
}

function listen(socket: Socket): Set<() => void> {
  const all = new Set<() => void>()
  waiting.set(socket, all)
  socket.once('close', () => {
    for (const ended of all) ended()
  })
  return all
}
