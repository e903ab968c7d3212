import { AsyncResource } from 'node:async_hooks'
import { type LookupFunction, Socket } from 'node:net'
import { suppress } from '@osprofiler/core'
import { Object } from '@osprofiler/core/toolkit'
import { createSerialQueue } from '../lifetime/serial-queue.js'
import type { StoreLifetime } from '../opening/store-driver.js'
import { SqlFailure } from './failure.js'
import type { CreateSocket } from './session.js'
import type { SqlStore } from './store.js'

/**
 * A connection that is opened on first use. If the connection has broken, the next use opens a new connection. The
 * connection does not keep the process alive.
 */
export interface SqlConnection {
  /** Runs `work` after all work of earlier calls. */
  use<Result>(work: (store: SqlStore) => Promise<Result>): Promise<Result>
  waitUntilIdle(): Promise<unknown>
  disconnect(): Promise<void>
  /** Destroys the connection, even during work. The connection is not opened again. */
  destroy(): void
}

const TCP_KEEP_ALIVE_MS = 30_000

/** Creates a connection. `open` must connect over the sockets that `createSocket` returns. */
export function createSqlConnection(
  open: (createSocket: CreateSocket) => Promise<SqlStore>,
  { lookup, run }: StoreLifetime,
): SqlConnection {
  let store: SqlStore | undefined
  let socket: Socket | undefined
  const runInTurn = createSerialQueue()
  let destroyCount = 0
  let isClosed = false

  function createSocket(seen: number): Socket {
    // If the socket was destroyed in the meantime, no other server or connect mode is tried.
    if (isClosed || destroyCount !== seen) throw new SqlFailure('the attempt was canceled', undefined, 'failed')
    const created = addLookup(lookup, new Socket())
    socket = created
    created.setNoDelay(true)
    created.unref()
    created.once('connect', () => created.setKeepAlive(true, TCP_KEEP_ALIVE_MS))
    return created
  }

  // `bind` prevents a memory leak. Without `bind`, the connection would keep the context of the request that opened it.
  // `suppress` is needed because the driver itself may have been opened in a traced request.
  const connect = AsyncResource.bind((seen: number) => suppress(() => open(() => createSocket(seen))))

  async function connectIfNeeded(): Promise<SqlStore> {
    if (!store?.session.isOpen) store = await connect(destroyCount)
    return store
  }

  function destroySocket(): void {
    destroyCount++
    socket?.destroy()
  }

  /**
   * Runs work. Aborts the work after the store's time limit or at the end of the program, even if the server does not
   * answer.
   */
  function runAbortable<Result>(work: (store: SqlStore) => Promise<Result>): Promise<Result> {
    return run(async signal => {
      signal.addEventListener('abort', destroySocket)
      return await work(await connectIfNeeded())
    })
  }

  return {
    use: work => runInTurn(() => suppress(() => runAbortable(work))),
    waitUntilIdle: () => runInTurn(async () => undefined),
    async disconnect() {
      await store?.session.end()
    },
    destroy() {
      isClosed = true
      destroySocket()
    },
  }
}

/**
 * Adds the option `lookup` to a socket's `connect`. The clients `mysql2` and `pg` call `connect` with a port and a
 * host, or with a path.
 */
function addLookup(lookup: LookupFunction, socket: Socket): Socket {
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, {
    connect: (port: number | string, host?: string): Socket =>
      typeof port === 'string' ? connect(port) : connect({ port, lookup, ...(host === undefined ? {} : { host }) }),
  })
}
