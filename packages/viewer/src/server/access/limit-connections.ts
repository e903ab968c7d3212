import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Limits the number of open connections to `maxConnections` if enough of them are idle. An additional connection
 * replaces the connection that has been idle for longest. A connection is idle until it has sent a complete request
 * head, and again after its last answer.
 */
export function limitConnections(server: Server, maxConnections: number): void {
  /** The idle connections. The one that has been idle for longest is first. */
  const idle = new Set<Socket>()
  const answering = new Map<Socket, number>()

  server.on('connection', socket => {
    if (idle.size + answering.size >= maxConnections) closeLongestIdle()
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      answering.delete(socket)
    })
  })

  // This listener must run first, because another listener may send the answer immediately.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    answering.set(socket, (answering.get(socket) ?? 0) + 1)
    response.once('close', () => markIdle(socket))
  })

  /**
   * Marks a connection as idle if no request is left. A client may send its next request before it has received the
   * last answer.
   */
  function markIdle(socket: Socket): void {
    const left = (answering.get(socket) ?? 1) - 1
    if (left > 0) return void answering.set(socket, left)
    answering.delete(socket)
    if (!socket.destroyed) idle.add(socket)
  }

  function closeLongestIdle(): void {
    for (const socket of idle) {
      idle.delete(socket)
      return void socket.destroy()
    }
  }
}
