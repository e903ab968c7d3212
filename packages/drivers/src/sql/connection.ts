import { AsyncResource } from 'node:async_hooks'
import { type LookupFunction, Socket } from 'node:net'
import { suppress } from '@osprofiler/core'
import { Object } from '@osprofiler/core/toolkit'
import { createOneAtATime } from '../lifetime/one-at-a-time.js'
import type { StoreLifetime } from '../opening/store-driver.js'
import { SqlFailure } from './failure.js'
import type { CreateSocket } from './session.js'
import type { SqlStore } from './store.js'

/** One connection to a database, opened when it is first used and again when it was lost. Keeps no process alive. */
export interface SqlConnection {
  /** Does a piece of work with it, when all that was asked for before is done. */
  use<Result>(work: (store: SqlStore) => Promise<Result>): Promise<Result>
  /** Resolves when the work that was asked for is done. */
  settled(): Promise<unknown>
  /** Says good-bye to the server. */
  leave(): Promise<void>
  /** Breaks the connection for good, whatever it was doing. */
  end(): void
}

const TCP_KEEP_ALIVE_MS = 30_000

/** Prepares a connection. `open` connects over the sockets that it is given. */
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
    // Nor is another server or another way tried.
    if (isClosed || cuts !== seen) throw new SqlFailure('nobody waits for it any longer', undefined, 'failed')
    const created = findBy(lookup, new Socket())
    socket = created
    created.setNoDelay(true)
    created.unref()
    created.once('connect', () => created.setKeepAlive(true, TCP_KEEP_ALIVE_MS))
    return created
  }

  // Bound here, or the connection would for ever hold the context of the request in which it happened to be opened; and
  // suppressed, for the driver may have been opened in one as well.
  const connect = AsyncResource.bind((seen: number) => suppress(() => open(() => createSocket(seen))))

  async function reach(): Promise<SqlStore> {
    if (!store?.session.isOpen) store = await connect(cuts)
    return store
  }

  function cut(): void {
    cuts++
    socket?.destroy()
  }

  /** The end of the program, or of the store's time, ends what the server does not answer. */
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

/** Both clients connect a socket that they are given by its port and host, or by its path. */
function findBy(lookup: LookupFunction, socket: Socket): Socket {
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, {
    connect: (port: number | string, host?: string): Socket =>
      typeof port === 'string' ? connect(port) : connect({ port, lookup, ...(host === undefined ? {} : { host }) }),
  })
}
