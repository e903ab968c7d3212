import type { Socket } from 'node:net'
import { Reflect, WeakMap } from '../platform/platform.js'
import { overrideMethod } from '../wrapping/override-method.js'
import { watchEvents } from '../wrapping/watch-events.js'
import { isNetworkError } from './network-error.js'
import { createTimeoutMark } from './timeout-mark.js'

const connections = new WeakMap<Socket, Connection>()

/** Watches a connection once, however many requests come over it. */
export function watchConnection(socket: Socket): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const connection = new Connection(socket)
  connections.set(socket, connection)
  return connection
}

/** What is known of a connection of HTTP/1 over which traced requests come. */
export class Connection {
  readonly #socket: Socket
  // Not a Set: when a Set makes room, its former table keeps its entries and leads to the next table. Once one table has
  // become old, the collector keeps every later one, with the requests in it.
  readonly #waiting: (() => void)[] = []
  readonly #timeout = createTimeoutMark()
  #bytesAtTimeout = [0, 0]
  #endedHere = false
  #cutOff = false
  #timedOut: boolean | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    watchEvents(socket, event => this.#see(event))
    overrideMethod(socket, 'destroy', (original, self, args) => {
      this.#cutOff ||= !socket.destroyed && socket.writableLength > 0
      this.#endsHere(false)
      return Reflect.apply(original, self, args)
    })
  }

  /** Whether this side ended the connection before the client did. */
  get endedHere(): boolean {
    return this.#endedHere
  }

  /** Whether the connection was destroyed while bytes waited to leave. Node then says `finish` of the response all the same. */
  get cutOff(): boolean {
    return this.#cutOff
  }

  /** Whether the client has left. */
  clientLeft(): boolean {
    if (this.#endedHere) return false
    return isNetworkError(this.#socket.errored) || (this.#socket.readableEnded && !mayHalfClose(this.#socket))
  }

  /** Whether this side ended the connection because of a time-out: soon after it, with no other use in between. */
  timedOut(): boolean {
    return this.#timedOut === true
  }

  /** Calls `closed` when the connection is gone, unless the returned function was called before. */
  onClose(closed: () => void): () => void {
    this.#waiting.push(closed)
    return () => {
      const index = this.#waiting.indexOf(closed)
      if (index !== -1) this.#waiting.splice(index, 1)
    }
  }

  #see(event: string | symbol): void {
    const socket = this.#socket
    if (event === 'finish') {
      this.#endedHere = !socket.readableEnded
      this.#endsHere(this.#endedHere)
    } else if (event === 'timeout') {
      this.#timeout.note()
      this.#bytesAtTimeout = [socket.bytesRead, socket.bytesWritten]
    }
    // Before Node's own listeners, which tell the program, so that what the program then does is told apart.
    else if (event === 'close') for (const closed of [...this.#waiting]) closed()
  }

  #endsHere(mayHaveAnswered: boolean): void {
    const [read, written] = this.#bytesAtTimeout
    const { bytesRead, bytesWritten } = this.#socket
    // A server may answer a time-out by itself, with a text, before it ends the connection.
    const unused = bytesRead === read && (mayHaveAnswered || bytesWritten === written)
    this.#timedOut ??= unused && this.#timeout.isRecent()
  }
}

/** Whether a client of this server may end its side, and still wait for the answer. */
function mayHalfClose(socket: Socket): boolean {
  const { server } = socket as { server?: { readonly httpAllowHalfOpen?: boolean } | null }
  return server?.httpAllowHalfOpen === true
}
