import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { Set } from '@osprofiler/core/toolkit'

/** The sockets of a client. While it greets a server that hangs, its own `close()` leaves the socket to a time-out. */
export interface ClientSockets {
  /** Runs `connect`, and notes the sockets that are opened by all that follows from it. */
  watch<Result>(connect: () => Result): Result
  /** Destroys those that are open, and watches no longer. */
  destroy(): void
}

const CHANNEL = 'net.client.socket'

interface Watched {
  readonly sockets: Set<Socket>
  readonly onOpen: (socket: Socket) => void
}

const storage = new AsyncLocalStorage<Watched>()
let watching = 0

/** Prepares to watch one client, whose sockets are each shown to `onOpen` before they connect. */
export function createClientSockets(onOpen: (socket: Socket) => void): ClientSockets {
  const sockets = new Set<Socket>()
  const watched = { sockets, onOpen }
  let isOver = false
  if (watching++ === 0) subscribe(CHANNEL, note)
  return {
    watch: connect => storage.run(watched, connect),
    destroy() {
      for (const socket of sockets) socket.destroy()
      if (isOver) return
      isOver = true
      if (--watching > 0) return
      unsubscribe(CHANNEL, note)
      // Up to Node 22 a context that was used makes every `await` of the process dearer.
      storage.disable()
    },
  }
}

function note(message: unknown): void {
  const watched = storage.getStore()
  const { socket } = message as { readonly socket?: unknown }
  if (watched === undefined || !(socket instanceof Socket)) return
  const { sockets, onOpen } = watched
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  onOpen(socket)
}
