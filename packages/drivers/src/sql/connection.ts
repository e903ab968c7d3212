import { AsyncResource } from 'node:async_hooks'
import { type LookupFunction, Socket } from 'node:net'
import { suppress } from '@osprofiler/core'
import { Object } from '@osprofiler/core/toolkit'
import { createOneAtATime } from '../lifetime/one-at-a-time.js'
import type { StoreLifetime } from '../opening/store-driver.js'
import { SqlFailure } from './failure.js'
import type { CreateSocket } from './session.js'
import type { SqlStore } from './store.js'

/** A connection that opens on first use, and again after a loss. It does not keep the process alive. */
export interface SqlConnection {
  /** Runs `work` after all earlier work. */
  use<Result>(work: (store: SqlStore) => Promise<Result>): Promise<Result>
  settled(): Promise<unknown>
  leave(): Promise<void>
  /** Breaks the connection for good, even during work. */
  end(): void
}

const TCP_KEEP_ALIVE_MS = 30_000

/** Creates a connection. `open` must connect over the sockets that it is given. */
export function createSqlConnection(
  open: (createSocket: CreateSocket) => Promise<SqlStore>,
  { lookup, run }: StoreLifetime,
): SqlConnection {
  let store: SqlStore | undefined
  let socket: Socket | undefined
  const oneAtATime = createOneAtATime()
  let cuts = 0
  let isClosed = false

  function createSocket(seen: number): Socket {
    // After a cut, no further server or way is tried.
    if (isClosed || cuts !== seen) throw new SqlFailure('nobody waits for it any longer', undefined, 'failed')
    const created = findBy(lookup, new Socket())
    socket = created
    created.setNoDelay(true)
    created.unref()
    created.once('connect', () => created.setKeepAlive(true, TCP_KEEP_ALIVE_MS))
    return created
  }

  // Without `bind`, the connection would forever hold the context of the request that opened it. `suppress` is needed
  // because the driver may have been opened in a request, too.
  const connect = AsyncResource.bind((seen: number) => suppress(() => open(() => createSocket(seen))))

  async function reach(): Promise<SqlStore> {
    if (!store?.session.isOpen) store = await connect(cuts)
    return store
  }

  function cut(): void {
    cuts++
    socket?.destroy()
  }

  /** Ends work that the server does not answer, at the end of the program or of the store's time. */
  function doWithin<Result>(work: (store: SqlStore) => Promise<Result>): Promise<Result> {
    return run(async end => {
      end.addEventListener('abort', cut)
      return await work(await reach())
    })
  }

  return {
    use: work => oneAtATime(() => suppress(() => doWithin(work))),
    settled: () => oneAtATime(async () => undefined),
    async leave() {
      await store?.session.end()
    },
    end() {
      isClosed = true
      cut()
    },
  }
}

/** Adds `lookup`. Both clients connect a given socket by its port and host, or by its path. */
function findBy(lookup: LookupFunction, socket: Socket): Socket {
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, {
    connect: (port: number | string, host?: string): Socket =>
      typeof port === 'string' ? connect(port) : connect({ port, lookup, ...(host === undefined ? {} : { host }) }),
  })
}
