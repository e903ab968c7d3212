import type { Socket } from 'node:net'
import { Reflect, WeakMap } from '../../platform/platform.js'
import { overrideMethod } from '../../wrapping/override-method.js'
import { watchEvents } from '../../wrapping/watch-events.js'
import { isNetworkError } from './network-error.js'
import { createTimeoutMark } from './timeout-mark.js'

const connections = new WeakMap<Socket, Connection>()

/** Watches a connection, but only once, even if the connection serves many requests. */
export function watchConnection(socket: Socket): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const connection = new Connection(socket)
  connections.set(socket, connection)
  return connection
}

/** The state of an HTTP/1 connection that serves traced requests. */
export class Connection {
  readonly #socket: Socket
  // This is not a Set, because a growing Set links each old hash table to the next one. Once one table is in V8's old
  // generation, the garbage collector keeps all later tables and the requests in them.
  readonly #closeListeners: (() => void)[] = []
  readonly #timeout = createTimeoutMark()
  #bytesAtTimeout = [0, 0]
  #endedLocally = false
  #cutOff = false
  #isTimedOut: boolean | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    watchEvents(socket, event => this.#handleEvent(event))
    overrideMethod(socket, 'destroy', (original, self, args) => {
      this.#cutOff ||= !socket.destroyed && socket.writableLength > 0
      this.#noteLocalEnd(false)
      return Reflect.apply(original, self, args)
    })
  }

  /** Whether this side ended the connection before the client did. */
  get endedLocally(): boolean {
    return this.#endedLocally
  }

  /**
   * Whether the connection was destroyed before all bytes were sent. In this case, Node still emits `finish` on the
   * response.
   */
  get cutOff(): boolean {
    return this.#cutOff
  }

  hasClientLeft(): boolean {
    if (this.#endedLocally) return false
    return isNetworkError(this.#socket.errored) || (this.#socket.readableEnded && !mayHalfClose(this.#socket))
  }

  /** Returns whether this side ended the connection soon after a timeout, with no traffic in between. */
  hasTimedOut(): boolean {
    return this.#isTimedOut === true
  }

  /** Calls `closed` when the connection is closed, unless the returned function was called first. */
  onClose(closed: () => void): () => void {
    this.#closeListeners.push(closed)
    return () => {
      const index = this.#closeListeners.indexOf(closed)
      if (index !== -1) this.#closeListeners.splice(index, 1)
    }
  }

  #handleEvent(event: string | symbol): void {
    const socket = this.#socket
    if (event === 'finish') {
      this.#endedLocally = !socket.readableEnded
      this.#noteLocalEnd(this.#endedLocally)
    } else if (event === 'timeout') {
      this.#timeout.note()
      this.#bytesAtTimeout = [socket.bytesRead, socket.bytesWritten]
    }
    // This code runs before Node's own listeners notify the application. The application's reaction to the close must
    // not be mistaken for the cause of the close.
    else if (event === 'close') for (const closed of [...this.#closeListeners]) closed()
  }

  #noteLocalEnd(mayHaveAnswered: boolean): void {
    const [read, written] = this.#bytesAtTimeout
    const { bytesRead, bytesWritten } = this.#socket
    // Bytes may have been written since the timeout, because a server may answer a timeout, for example with status
    // 408, before it ends the connection.
    const isIdleSinceTimeout = bytesRead === read && (mayHaveAnswered || bytesWritten === written)
    this.#isTimedOut ??= isIdleSinceTimeout && this.#timeout.isRecent()
  }
}

/** Returns whether this server's clients may end their side of the connection and still wait for the answer. */
function mayHalfClose(socket: Socket): boolean {
  const { server } = socket as { server?: { readonly httpAllowHalfOpen?: boolean } | null }
  return server?.httpAllowHalfOpen === true
}
