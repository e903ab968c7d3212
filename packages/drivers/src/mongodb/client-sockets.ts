import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { Set } from '@osprofiler/core/toolkit'

/**
 * The sockets of a client. The driver destroys the sockets itself. If a server hangs in the handshake, the client's own
 * `close()` leaves a socket open until a timeout.
 */
export interface ClientSockets {
  /** Runs `connect`, and notes every socket that `connect` opens, immediately or later. */
  watch<Result>(connect: () => Result): Result
  /** Destroys the open sockets, and stops watching. */
  destroy(): void
}

const CHANNEL = 'net.client.socket'

interface WatchedClient {
  readonly sockets: Set<Socket>
  readonly onOpen: (socket: Socket) => void
}

const storage = new AsyncLocalStorage<WatchedClient>()
let watchedClients = 0

/** Prepares to watch the sockets of one client. Calls `onOpen` with each socket before the socket connects. */
export function createClientSockets(onOpen: (socket: Socket) => void): ClientSockets {
  const sockets = new Set<Socket>()
  const watched = { sockets, onOpen }
  let isDestroyed = false
  if (watchedClients++ === 0) subscribe(CHANNEL, noteSocket)
  return {
    watch: connect => storage.run(watched, connect),
    destroy() {
      for (const socket of sockets) socket.destroy()
      if (isDestroyed) return
      isDestroyed = true
      if (--watchedClients > 0) return
      unsubscribe(CHANNEL, noteSocket)
      // In Node 22 and earlier, an `AsyncLocalStorage` that was used once slows down every `await` until it is
      // disabled.
      storage.disable()
    },
  }
}

function noteSocket(message: unknown): void {
  const watched = storage.getStore()
  const { socket } = message as { readonly socket?: unknown }
  if (watched === undefined || !(socket instanceof Socket)) return
  const { sockets, onOpen } = watched
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
  onOpen(socket)
}
