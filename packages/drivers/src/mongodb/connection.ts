import type { LookupFunction } from 'node:net'
import { suppress } from '@osprofiler/core'
import { clearTimeout, Set, setTimeout } from '@osprofiler/core/toolkit'
import type { Db, MongoClient } from 'mongodb'
import { loadClient } from '../opening/client-package.js'
import { checkFrames } from './check-frames.js'
import { type ClientSockets, createClientSockets } from './client-sockets.js'
import type { MongodbUrl } from './url.js'
import { type DescribeUnreachable, watchServers } from './watch-servers.js'

/**
 * The name of the database, as in Python's driver. A database in the connection string is used only for authentication.
 */
const DATABASE = 'osprofiler'

/**
 * The idle time after which a connection is closed. An open connection keeps the process alive, so a finished program
 * ends only after this time.
 */
const MAX_IDLE_MS = 1_000

/** A MongoDB client that is connected only while it is used. */
export interface MongodbConnection {
  /**
   * Connects if necessary, and stays connected until `release` is called. Rejects if no server answers, or if `signal`
   * is already aborted.
   */
  borrow(signal?: AbortSignal): Promise<{ readonly db: Db; readonly client: typeof import('mongodb'); release(): void }>
  describeUnreachable(): string | undefined
  /** Closes the connections, unless they are in use. */
  closeIfUnused(): Promise<void>
  close(): Promise<void>
  /** Closes the connections immediately, even if they are in use. */
  destroy(): void
}

interface OpenClient {
  readonly client: MongoClient
  readonly sockets: ClientSockets
  readonly connected: Promise<unknown>
}

/**
 * Matches options with which the client also opens sockets to a proxy or to an authentication service. These sockets do
 * not speak MongoDB's protocol, so `checkFrames` would end them.
 */
const OTHER_SOCKET_OPTIONS = /[?&](?:proxyHost=|authMechanism=MONGODB-(?:AWS|OIDC)\b|authMechanism=GSSAPI\b)/i

/** Creates a connection that opens at the first `borrow`. */
export function createMongodbConnection({ url, defaults }: MongodbUrl, lookup: LookupFunction): MongodbConnection {
  const closing = new Set<OpenClient>()
  let open: OpenClient | undefined
  let users = 0
  let idle: NodeJS.Timeout | undefined
  let describeUnreachable: DescribeUnreachable = () => undefined

  function connect({ MongoClient }: typeof import('mongodb')): OpenClient {
    const sockets = createClientSockets(OTHER_SOCKET_OPTIONS.test(url) ? () => undefined : checkFrames)
    const client = new MongoClient(url, { ...defaults, lookup })
    describeUnreachable = watchServers(client)
    return { client, sockets, connected: sockets.watch(() => client.connect()) }
  }

  async function close(): Promise<void> {
    clearTimeout(idle)
    if (open === undefined) return
    const ending = open
    open = undefined
    closing.add(ending)
    await ending.client.close().catch(() => undefined)
    destroyClient(ending)
    closing.delete(ending)
  }

  return {
    async borrow(signal) {
      const client = await loadClient('mongodb')
      signal?.throwIfAborted()
      users++
      clearTimeout(idle)
      let released = false
      const release = () => {
        if (released) return
        released = true
        users--
        if (users === 0) idle = suppress(() => setTimeout(() => void close(), MAX_IDLE_MS)).unref()
      }
      try {
        // Connecting is not traced, because a connection stays open longer than the request that opens it.
        open ??= suppress(() => connect(client))
        const { connected, client: mongo } = open
        await connected
        return { db: mongo.db(DATABASE), client, release }
      } catch (error) {
        await close()
        release()
        throw error
      }
    },
    describeUnreachable: () => describeUnreachable(),
    async closeIfUnused() {
      if (users === 0) await close()
    },
    close,
    destroy() {
      void close()
      for (const ending of closing) destroyClient(ending)
    },
  }
}

interface Topology {
  close(): void
}

/**
 * Ends a client's connections and timers. If a server hangs, the client's own `close()` is not enough, because
 * `close()` keeps trying to end the client's sessions.
 */
function destroyClient({ client, sockets }: OpenClient): void {
  const { topology } = client as unknown as { readonly topology?: Topology | undefined }
  topology?.close()
  sockets.destroy()
}
