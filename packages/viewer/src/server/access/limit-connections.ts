import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Bounds how many connections are open. A connection too many takes the place of the one that has been idle for longest.
 * Idle is a connection that has sent no whole head of a request yet, or nothing since its last answer.
 *
 * @param most how many may be open, as long as enough of them are idle
 */
export function limitConnections(server: Server, most: number): void {
  /** The one that has been idle for longest comes first. */
  const idle = new Set<Socket>()
  const answering = new Map<Socket, number>()

  server.on('connection', socket => {
    if (idle.size + answering.size >= most) closeOne()
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      answering.delete(socket)
    })
  })

  // First, since the answer may be sent at once.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    answering.set(socket, (answering.get(socket) ?? 0) + 1)
    response.once('close', () => rest(socket))
  })

  /** A client may send its next request before it has the answer to the one before. */
  function rest(socket: Socket): void {
    const left = (answering.get(socket) ?? 1) - 1
    if (left > 0) return void answering.set(socket, left)
    answering.delete(socket)
    if (!socket.destroyed) idle.add(socket)
  }

  function closeOne(): void {
    for (const socket of idle) {
      idle.delete(socket)
      return void socket.destroy()
    }
  }
}
