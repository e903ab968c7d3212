import type { Socket } from 'node:net'
import { overrideMethod } from '../override-method.js'
import { Reflect, Set, WeakMap } from '../platform.js'
import { watchEvents } from '../watch-events.js'
import { isNetworkError } from './network-error.js'
import { createTimeoutMark } from './timeout-mark.js'

/** What is known of a connection of HTTP/1 over which traced requests come. */
export interface Connection {
  /** Whether this side ended the connection before the client did. */
  readonly endedHere: boolean
  /** Whether the connection was destroyed while bytes waited to leave. Node then says `finish` of the response all the same. */
  readonly cutOff: boolean
  /** Whether the client has left. */
  clientLeft(): boolean
  /** Whether this side ended the connection because of a time-out: soon after it, with no other use in between. */
  timedOut(): boolean
  /** Calls `closed` when the connection is gone, unless the returned function was called before. */
  onClose(closed: () => void): () => void
}

const connections = new WeakMap<Socket, Connection>()

/** Watches a connection once, however many requests come over it. */
export function watchConnection(socket: Socket): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const connection = watch(socket)
  connections.set(socket, connection)
  return connection
}

function watch(socket: Socket): Connection {
  const waiting = new Set<() => void>()
  let endedHere = false
  let cutOff = false
  const timeout = createTimeoutMark()
  let bytesAtTimeout = [0, 0]
  let timedOut: boolean | undefined

  function endsHere(mayHaveAnswered: boolean): void {
    const [read, written] = bytesAtTimeout
    // A server may answer a time-out by itself, with a text, before it ends the connection.
    const unused = socket.bytesRead === read && (mayHaveAnswered || socket.bytesWritten === written)
    timedOut ??= unused && timeout.isRecent()
  }

  watchEvents(socket, event => {
    if (event === 'finish') {
      endedHere = !socket.readableEnded
      endsHere(endedHere)
    } else if (event === 'timeout') {
      timeout.note()
      bytesAtTimeout = [socket.bytesRead, socket.bytesWritten]
    }
    // Before Node's own listeners, which tell the program, so that what the program then does is told apart.
    else if (event === 'close') for (const closed of [...waiting]) closed()
  })

  overrideMethod(socket, 'destroy', (original, self, args) => {
    cutOff ||= !socket.destroyed && socket.writableLength > 0
    endsHere(false)
    return Reflect.apply(original, self, args)
  })

  return {
    get endedHere() {
      return endedHere
    },
    get cutOff() {
      return cutOff
    },
    clientLeft() {
      if (endedHere) return false
      return isNetworkError(socket.errored) || (socket.readableEnded && !mayHalfClose(socket))
    },
    timedOut: () => timedOut === true,
    onClose(closed) {
      waiting.add(closed)
      return () => waiting.delete(closed)
    },
  }
}

/** Whether a client of this server may end its side, and still wait for the answer. */
function mayHalfClose(socket: Socket): boolean {
  const { server } = socket as { server?: { readonly httpAllowHalfOpen?: boolean } | null }
  return server?.httpAllowHalfOpen === true
}
